"""Waits until a pool and the server have let go of what was cancelled, so that what a test then sees is final."""

import asyncio
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.notes import Owner

BUSY = """select count(*) from pg_stat_activity
where datname = current_database() and usename = 'app_api' and state <> 'idle'"""


async def until(condition: Callable[[], bool], *, patience: float = 60) -> None:
    """Raises: TimeoutError where the condition does not come true."""
    async with asyncio.timeout(patience):
        while not condition():  # noqa: ASYNC110 - it happens in the server, which tells nobody
            await asyncio.sleep(0.001)


def count(owner: Owner, query: str) -> int:
    """The number that a query answers."""
    row = owner.execute(query).fetchone()
    assert row is not None
    return int(row[0])


async def settled(engine: AsyncEngine, owner: Owner, *, patience: float = 60) -> None:
    """Raises: TimeoutError where a connection stays checked out or a session of app_api stays in a transaction."""
    pool = engine.pool
    await until(lambda: pool.checkedout() == count(owner, BUSY) == 0, patience=patience)  # type: ignore[attr-defined]
