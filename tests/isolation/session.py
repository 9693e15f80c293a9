"""One transaction of the login that requests use, bound the way requests are; everything is rolled back."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from uuid import UUID

import psycopg

from db.seal import Identity
from db.transaction import BIND, binding, person
from tests.sealing import seal


def bind(connection: psycopg.Connection[Any], identity: Identity) -> None:
    """Binds the transaction that is open, as the API does."""
    connection.execute(BIND, binding(identity, seal(), connection.info.backend_pid))


@contextmanager
def bound(
    url: str, identity: Identity, *, commit: bool = False, isolation: str = "read committed"
) -> Iterator[psycopg.Connection[Any]]:
    """SQL in a transaction of this identity, rolled back unless it is to stay."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"begin isolation level {isolation}".encode())
        bind(connection, identity)
        yield connection
        connection.execute("commit" if commit else "rollback")


def acting(
    url: str, user: UUID, role: str = "app_user", *, commit: bool = False, isolation: str = "read committed"
) -> AbstractContextManager[psycopg.Connection[Any]]:
    """SQL as this person, in the API's own session."""
    return bound(url, person(user, role), commit=commit, isolation=isolation)


def outcome(connection: psycopg.Connection[Any], statement: str) -> str | int:
    """The SQLSTATE of what was refused, or the number of rows that were found or changed."""
    connection.execute("savepoint attempt")
    try:
        rows = -1
        for part in statement.split(";"):
            rows = connection.execute(part.strip().encode()).rowcount
    except psycopg.Error as error:
        connection.execute("rollback to savepoint attempt")
        return error.sqlstate or type(error).__name__
    return max(rows, 0)
