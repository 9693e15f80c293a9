"""All that a person may read, as lines of JSON: which tables there are the models say, which rows the policies."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
from sqlalchemy import Select, select

from db.models import tables
from db.snapshot import Snapshot


def readable(schema: str, role: str) -> list[tuple[str, Select[Any]]]:
    """The tables of a schema of which a role may read columns, by name, each with the statement that reads them by key."""
    found = []
    for model in tables():
        granted = {name for each, command, names in model.grants() if (each, command) == (role, "SELECT") for name in names}
        names = [name for name in model.model_fields if name in granted.difference(model.__hidden__)]
        if model.__schema__ == schema and names:
            columns = model.metadata.tables[f"{schema}.{model.__tablename__}"].c
            keys = [column for column in columns if column.primary_key and column.name in names]
            shown = [columns[name] for name in names]
            found.append((str(model.__tablename__), select(*shown).order_by(*(keys or shown))))
    return found


def line(table: str, row: Any) -> bytes:
    """One row."""
    return orjson.dumps({"table": table, "row": row._asdict()}, default=_spelt, option=orjson.OPT_APPEND_NEWLINE)


async def lines(read: Snapshot, rows: int) -> AsyncIterator[bytes]:
    """What a request sees, then what is in the bin; the last line says how many rows there were, beside `rows` before these,
    so that a part is not taken for all.
    """
    for role in ("app_user", "app_trash"):
        await read.become(role)
        for table, statement in readable("app", role):
            if role == "app_trash":
                statement = statement.where(statement.selected_columns["deleted_at"].is_not(None))  # noqa: PLW2901
            async for part in read.parts(statement):
                rows += len(part)
                yield b"".join(line(table, row) for row in part)
    yield orjson.dumps({"end": {"rows": rows}}, option=orjson.OPT_APPEND_NEWLINE)


def _spelt(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
