"""Pools of one connection, so that the next person gets the session of the last."""

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.notes import Owner
from tests.sealing import pool
from tests.server import Database


@pytest.fixture(params=["without a reset", "with it"])
async def single(request: pytest.FixtureRequest, own_database: Database) -> AsyncIterator[tuple[AsyncEngine, bool]]:
    """A pool of one connection on a database that lets requests make temporary objects and run code, and whether it resets."""
    with psycopg.connect(own_database.owner, autocommit=True) as owner:
        owner.execute(f"grant temporary on database {own_database.name} to app_user".encode())
        owner.execute("grant usage on language plpgsql to app_user")
    made, resets = pool(own_database.api, pool_size=1), request.param == "with it"
    if not resets:
        # As behind a pooler, which is trusted to do it.
        event.listen(made.sync_engine, "connect", lambda connection, _: setattr(connection.driver_connection, "pooled", True))
    yield made, resets
    await made.dispose()


@pytest.fixture
def truth(own_database: Database) -> Iterator[Owner]:
    with psycopg.connect(own_database.owner, autocommit=True) as owner:
        yield owner
