"""Round trips of a transaction, counted on the wire: n statements are n + 1, a single one is 1."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import func, insert, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from db.models.notes import Note
from db.transaction import begin, once, person
from tests.notes import Owner, person_with_notes, titles_of
from tests.proxy import Wire, proxied
from tests.sealing import pool
from tests.server import Database


class Counted(NamedTuple):
    """A pool of one warm connection, and the wire that it uses."""

    engine: AsyncEngine
    wire: Wire


@pytest.fixture(scope="module")
async def counted(database: Database) -> AsyncIterator[Counted]:
    async with proxied(database.api) as (url, wire):
        engine = pool(url, pool_size=1)
        async with engine.connect():
            pass
        yield Counted(engine, wire)
        await engine.dispose()


@pytest.fixture
def alice(owner: Owner) -> UUID:
    return person_with_notes(owner, "one", "two")


async def reads(n: int, tx: AsyncSession) -> None:
    for _ in range(n):
        assert len((await tx.scalars(select(Note))).all()) == 2


async def adds(tx: AsyncSession) -> None:
    tx.add(Note(title="added"))
    await tx.flush()


async def adds_three(tx: AsyncSession) -> None:
    # SQLAlchemy cannot tell which answer is whose where the database makes the keys, so each row is a statement.
    tx.add_all([Note(title=f"added {i}") for i in range(3)])
    await tx.flush()


async def inserts_many(tx: AsyncSession) -> None:
    await tx.execute(insert(Note).returning(col(Note.id)), [{"title": f"{i}"} for i in range(30)])


async def saves_first(tx: AsyncSession) -> None:
    async with tx.begin_nested():
        await reads(1, tx)


async def selects_then_updates(tx: AsyncSession) -> None:
    note = (await tx.scalars(select(Note).limit(1))).one()
    note.title = "changed"
    await tx.flush()


async def inserts_then_counts(tx: AsyncSession) -> None:
    await tx.execute(insert(Note).values(title="added"))
    assert await tx.scalar(select(func.count()).select_from(Note)) == 3


async def adds_without_flush(tx: AsyncSession) -> None:
    tx.add(Note(title="added"))


async def runs_many(tx: AsyncSession) -> None:
    await tx.execute(
        text("update app.notes set body = :body where title = :title"),
        [{"body": "b", "title": f"{i}"} for i in range(9)],
    )


HANDLERS: dict[str, tuple[int, Callable[[AsyncSession], Awaitable[None]]]] = {
    "no statement": (0, lambda tx: reads(0, tx)),
    "one": (1, lambda tx: reads(1, tx)),
    "two": (2, lambda tx: reads(2, tx)),
    "five": (5, lambda tx: reads(5, tx)),
    "add and flush": (1, adds),
    "add, flushed by the commit": (1, adds_without_flush),
    "add three": (3, adds_three),
    "insert 30, returning": (1, inserts_many),
    "executemany": (1, runs_many),
    "savepoint, select, release": (3, saves_first),
    "select, then update": (2, selects_then_updates),
    "insert, then count": (2, inserts_then_counts),
}


@pytest.mark.parametrize(("statements", "handler"), HANDLERS.values(), ids=HANDLERS)
async def test_n_statements_cannot_cost_more_than_n_and_one_round_trips(
    counted: Counted, owner: Owner, statements: int, handler: Callable[[AsyncSession], Awaitable[None]]
) -> None:
    found = []
    for _ in range(8):  # from the sixth on, psycopg prepares
        alice = person_with_notes(owner, "one", "two")
        counted.wire.reset()
        async with begin(counted.engine, person(alice)) as tx:
            await handler(tx)
        found.append(counted.wire.round_trips)
    assert found == [statements + 1 if statements else 0] * 8
    assert counted.wire.connections == 0


async def test_one_read_cannot_cost_a_second_round_trip(counted: Counted, alice: UUID) -> None:
    for _ in range(8):
        counted.wire.reset()
        rows = await once(counted.engine, person(alice), select(Note.title).order_by(Note.title))
        assert [row.title for row in rows] == ["one", "two"]
        assert counted.wire.round_trips == 1


async def test_a_reset_behind_a_commit_cannot_cost_a_second_write(counted: Counted, alice: UUID) -> None:
    """libpq writes at each Sync, and each write wakes the server."""
    for _ in range(8):
        counted.wire.reset()
        await once(counted.engine, person(alice), select(Note.title))
        assert (counted.wire.syncs, counted.wire.resets) == (1, 1)


async def test_one_write_cannot_cost_a_second_round_trip(counted: Counted, owner: Owner, alice: UUID) -> None:
    for _ in range(8):
        counted.wire.reset()
        await once(counted.engine, person(alice), insert(Note).values(title="three").returning(col(Note.id)))
        assert counted.wire.round_trips == 1
    for _ in range(8):
        counted.wire.reset()
        await once(counted.engine, person(alice), update(Note).values(body="changed").returning(col(Note.id)))
        assert counted.wire.round_trips == 1
    assert titles_of(owner, alice) == ["one", *["three"] * 8, "two"]


async def test_evicting_a_prepared_statement_cannot_cost_a_round_trip(counted: Counted, alice: UUID) -> None:
    # psycopg keeps 100 prepared statements per connection and then deallocates the oldest.
    for i in range(105):
        for _ in range(7):
            counted.wire.reset()
            await once(counted.engine, person(alice), text(f"select {i}"))
            assert counted.wire.round_trips == 1, i
