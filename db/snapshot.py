"""Much of what one person sees, read at one moment and in small parts: memory does not grow with what there is."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from sqlalchemy import Executable, Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.seal import Identity
from db.transaction import BIND, Connection, binding, lent

BEGIN = "begin isolation level repeatable read, read only"
ROWS = 100  # in memory at once


class Snapshot:
    """A read-only transaction of one person, as one of their roles after the other."""

    def __init__(self, connection: AsyncConnection, driver: Connection, roles: Sequence[Identity]) -> None:
        self._connection, self._driver = connection, driver
        # Sealed now, since a seal is good for seconds from the transaction's start, and reading may take longer.
        self._bindings = {each.role: binding(each, driver.seal, driver.info.backend_pid) for each in roles}

    async def become(self, role: str) -> None:
        """The same person in another of the roles; a transaction that only reads has no savepoint to fall back behind it."""
        await psycopg.AsyncCursor(self._driver).execute(BIND, self._bindings[role])

    async def parts(self, statement: Executable) -> AsyncIterator[Sequence[Row[Any]]]:
        """The rows, a few at a time, from a cursor on the server: between two of them the server waits 30 seconds at most."""
        async with self._connection.stream(statement, execution_options={"yield_per": ROWS}) as result:
            async for part in result.partitions():
                yield part


@asynccontextmanager
async def snapshot(engine: AsyncEngine, *roles: Identity) -> AsyncIterator[Snapshot]:
    """A transaction bound to the first of a person's roles."""
    async with lent(engine) as (connection, driver):
        driver.bind_to(roles[0], begin=BEGIN)
        await driver.open()
        yield Snapshot(connection, driver, roles)
        await driver.commit()
