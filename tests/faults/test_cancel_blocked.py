"""A task that is cancelled at any of its awaits stops on the server too, though what it waits for never comes."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from uuid import UUID

import pytest
from psycopg import waiting as driver_waiting
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import select

from db.models.notes import Note
from db.transaction import begin, connect, once, person
from tests.faults.settled import settled
from tests.faults.slow import INSERT_AND_WAIT, LOCK, held, waiting
from tests.faults.steps import CancelledAt, When
from tests.notes import Owner, person_with_notes, titles_of
from tests.sealing import pool
from tests.server import Database


async def at_once(engine: AsyncEngine, who: UUID) -> None:
    await once(engine, person(who), text(INSERT_AND_WAIT))


async def in_a_session(engine: AsyncEngine, who: UUID) -> None:
    async with begin(engine, person(who)) as tx:
        await tx.execute(insert(Note).values(title="half"))
        await tx.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    made = pool(database.api, pool_size=1)
    yield made
    await made.dispose()


@pytest.fixture(params=["at ease", "busy"])
def loop_is(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy loop is handed over between queueing a statement and sending it: a cancellation can arrive there too."""
    if request.param == "busy":
        monkeypatch.setattr(driver_waiting, "MAX_BUSY_TIME", 0)


@pytest.mark.usefixtures("loop_is")
@pytest.mark.parametrize("when", ["early", "late", "twice"])
@pytest.mark.parametrize("operation", [at_once, in_a_session])
# Cancelled while it cancels, psycopg closes the connection and then trips over that, in a generator nobody awaits any more.
@pytest.mark.filterwarnings("ignore:.*_exit_gen:pytest.PytestUnraisableExceptionWarning")
async def test_a_cancelled_task_cannot_go_on_in_the_server(
    engine: AsyncEngine, owner: Owner, operation: Callable[[AsyncEngine, UUID], Awaitable[None]], when: When
) -> None:
    alice, bob = person_with_notes(owner), person_with_notes(owner, "b")
    step, reached = 0, True
    with held(owner):
        while reached:
            assert [row.title for row in await once(engine, person(bob), select(Note.title))] == ["b"], step
            harness = CancelledAt(operation(engine, alice), step, when)
            task, arrived = asyncio.ensure_future(harness), asyncio.ensure_future(waiting(owner))
            await asyncio.wait((task, arrived), return_when=asyncio.FIRST_COMPLETED)
            for _ in range(100):  # what has arrived in the server is still under way here
                await asyncio.sleep(0)
            arrived.cancel()
            reached = harness.reached
            if not reached:  # it waits for the lock, and had no more steps to be cancelled at
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait_for(task, 60)
            await settled(engine, owner)
            step += 1
    await settled(engine, owner)
    assert titles_of(owner, alice) == []
    gc.collect()


async def test_a_cancellation_on_its_way_cannot_meet_the_next_person(engine: AsyncEngine, owner: Owner) -> None:
    alice = person_with_notes(owner, "a")
    async with connect(engine, person(alice)) as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        with held(owner):  # past SQLAlchemy, which throws a cancelled connection away by itself
            task = asyncio.ensure_future(driver.execute("select pg_advisory_xact_lock(%s)", [LOCK]))
            await waiting(owner)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await driver.rollback()
        pid = driver.info.backend_pid
    assert (await once(engine, person(alice), text("select pg_backend_pid()")))[0][0] != pid
