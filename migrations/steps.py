"""Brings a database up one revision at a time, and keeps every statement that each of them sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any, NamedTuple

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from psycopg import ClientCursor
from sqlalchemy import Engine, event


class Sent(NamedTuple):
    """A statement as Postgres got it, and whether it was a transaction by itself."""

    alone: bool
    text: str


class Step(NamedTuple):
    """A revision that has just been applied."""

    script: Script
    sent: list[Sent]

    @property
    def sql(self) -> str:
        """All of it, with the transactions that it ran in."""
        parts = []
        for alone, group in groupby(self.sent, key=lambda sent: sent.alone):
            statements = ";\n".join(sent.text.strip().rstrip(";") for sent in group) + ";\n"
            parts.append(statements if alone else f"begin;\n{statements}commit;\n")
        return "".join(parts)


def steps(alembic: Config, after: str = "base") -> Iterator[Step]:
    """Each revision that the configuration knows after this one, the first one first, as soon as the database is at it."""
    for script in reversed(list(ScriptDirectory.from_config(alembic).iterate_revisions("heads", after))):
        with recorded() as sent:
            command.upgrade(alembic, script.revision)
        yield Step(script, sent)


@contextmanager
def recorded() -> Iterator[list[Sent]]:
    """What SQLAlchemy sends meanwhile, parameters filled in."""
    sent: list[Sent] = []

    def keep(connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        driver = connection.connection.driver_connection
        sent.append(Sent(driver.autocommit, ClientCursor(driver).mogrify(statement, parameters)))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
