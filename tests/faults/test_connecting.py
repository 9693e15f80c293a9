"""A task that is cancelled as it connects leaves nothing half made: Postgres would hold its place for a minute."""

import asyncio
import gc
from collections.abc import Iterator

import psutil
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.sealing import pool
from tests.server import Database


def sockets(port: int) -> int:
    """How many of this process lead to the server."""
    return sum(bool(each.raddr) and each.raddr.port == port for each in psutil.Process().net_connections("tcp"))


@pytest.fixture
def uncollected() -> Iterator[None]:
    """What is closed is closed by somebody, not by chance."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
async def test_connecting_cannot_go_on_when_nobody_waits(database: Database) -> None:
    """One that goes on is there each time; of three, another test's API in this process connects beside one at most."""
    met = 0
    for turns in range(1, 40):  # turns of the loop, so that each step of connecting is met
        tries = [await cancelled(database, turns)]
        while tries[-1][1] and len(tries) < 3:
            tries.append(await cancelled(database, turns))
        assert not tries[-1][1], turns
        met += tries[0][0]
    assert met, "it was met as it connected"


async def cancelled(database: Database, turns: int) -> tuple[int, int]:
    """How many sockets there were more as it was cancelled, and how many are left."""
    port = int(str(conninfo_to_dict(database.api)["port"]))
    before = sockets(port)
    engine: AsyncEngine = pool(database.api, pool_size=1)
    asking = asyncio.create_task(engine.connect().start())
    for _ in range(turns):
        await asyncio.sleep(0)
    most = sockets(port)
    asking.cancel()
    while not asking.done():
        asking.cancel()
        await asyncio.sleep(0)  # again and again, as `beside` does
    if not asking.cancelled() and asking.exception() is None:
        await asking.result().close()
    await engine.dispose()
    return most - before, sockets(port) - before
