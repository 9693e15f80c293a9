"""A field's limits as the column's: type, default and CHECK follow from the annotation, so neither can drift."""

import uuid
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from sqlalchemy import CheckConstraint, Column, Date, DefaultClause, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP, UUID
from sqlmodel.main import UTCDateTime  # type: ignore[attr-defined]
from sqlmodel.sql.sqltypes import AutoString


def settle(model: Any) -> list[CheckConstraint]:
    """Gives the columns of a table class their Postgres types and defaults; answers the CHECKs that its limits ask for."""
    checks = []
    for name, field in model.model_fields.items():
        column: Column[Any] = vars(model)[name]
        if isinstance(column.type, UTCDateTime):
            column.type = TIMESTAMP(timezone=True)
        if field.annotation in (uuid.UUID, uuid.UUID | None):
            column.type = UUID()
        if column.server_default is None and field.default not in (None, PydanticUndefined):
            column.server_default = DefaultClause(text(_literal(field.default)))
        # Postgres knows dates that Python cannot read; one such row would make a whole list unreadable.
        if isinstance(column.type, Date):
            checks.append(CheckConstraint(f"{name} between '0001-01-01' and '9999-12-31'", name=name))
        elif isinstance(column.type, TIMESTAMP) and column.server_default is None:
            # A day short of those, for every time zone's sake.
            checks.append(CheckConstraint(f"{name} between '0001-01-02 00:00Z' and '9999-12-30 00:00Z'", name=name))
        if isinstance(column.type, AutoString | Text):
            column.type = Text()
            checks += [CheckConstraint(limit, name=name) for limit in _limit(name, field)]
    return checks


def _limit(name: str, field: FieldInfo) -> Iterator[str]:
    words = _words(field.annotation)
    limits = {key: getattr(each, key) for each in field.metadata for key in ("min_length", "max_length") if hasattr(each, key)}
    if words:
        yield f"{name} in ({', '.join(_literal(word) for word in words)})"
    elif "max_length" in limits:
        yield f"char_length({name}) between {limits.get('min_length', 0)} and {limits['max_length']}"


def _words(annotation: Any) -> tuple[str, ...]:
    for part in (annotation, *get_args(annotation)):
        if get_origin(part) is Literal:
            return get_args(part)
    return ()


def free(field: FieldInfo) -> bool:
    """Whether a field holds what people wrote, not one of a few words."""
    return str in (field.annotation, *get_args(field.annotation))


def _literal(value: Any) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value).lower()
