"""A task that is cancelled at any of its awaits returns a clean connection and leaves no half."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import select

from db.models.notes import Note
from db.transaction import begin, once, person
from tests.faults.settled import settled
from tests.faults.steps import When, each_step
from tests.notes import Owner, person_with_notes, titles_of
from tests.sealing import pool
from tests.server import Database

TWO = text("insert into app.notes (title) values (:a), (:b) returning id")


async def one_statement(engine: AsyncEngine, who: UUID) -> None:
    await once(engine, person(who), TWO.bindparams(a="1", b="2"))


async def three_statements(engine: AsyncEngine, who: UUID) -> None:
    async with begin(engine, person(who)) as tx:
        await tx.execute(insert(Note).values(title="1"))
        assert len((await tx.scalars(select(Note))).all()) >= 1
        await tx.execute(insert(Note).values(title="2"))


async def savepoints(engine: AsyncEngine, who: UUID) -> None:
    async with begin(engine, person(who)) as tx:
        async with tx.begin_nested():
            await tx.execute(insert(Note).values(title="1"))
        async with tx.begin_nested():
            await tx.execute(insert(Note).values(title="2"))


async def streams(engine: AsyncEngine, who: UUID) -> None:
    async with begin(engine, person(who)) as tx:
        await tx.execute(TWO, [{"a": "1", "b": "2"}])
        assert [row async for row in await tx.stream(select(Note))]


Operation = Callable[[AsyncEngine, UUID], Awaitable[None]]
OPERATIONS: dict[str, Operation] = {each.__name__: each for each in (one_statement, three_statements, savepoints, streams)}


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    made = pool(database.api, pool_size=1)
    yield made
    await made.dispose()


@pytest.mark.parametrize("when", ["early", "late", "twice"])
@pytest.mark.parametrize("runs", [0, 6])  # before each try: none and the pool connects, six and psycopg has prepared
@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
# SQLAlchemy throws a cancelled stream's connection away without closing its cursor, and psycopg warns of that.
@pytest.mark.filterwarnings("ignore:.*ServerCursor.*was deleted while still open:ResourceWarning")
# Cancelled while it cancels, psycopg closes the connection and then trips over that, in a generator nobody awaits any more.
@pytest.mark.filterwarnings("ignore:.*_exit_gen:pytest.PytestUnraisableExceptionWarning")
async def test_a_cancelled_task_cannot_leave_a_half_or_a_held_connection(
    engine: AsyncEngine, owner: Owner, operation: Operation, runs: int, when: When
) -> None:
    alice, bob = person_with_notes(owner), person_with_notes(owner, "b")
    succeeded, cancelled = False, 0

    async def before() -> None:
        for _ in range(runs):
            await operation(engine, alice)
        owner.execute("delete from app.notes where owner_id = %s", [alice])

    async for step, succeeded in each_step(lambda: operation(engine, alice), when, before):
        cancelled += not succeeded
        await settled(engine, owner)
        assert titles_of(owner, alice) in (["1", "2"], [] if not succeeded else None), step
        assert [row.title for row in await once(engine, person(bob), select(Note.title))] == ["b"], step
    assert succeeded
    assert cancelled
    gc.collect()
