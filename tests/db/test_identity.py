"""An identity belongs to one transaction: it holds until the end, whatever happens within, and nothing of it stays."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import select

from db.models.notes import Note
from db.transaction import begin, connect, once, person
from tests.db.ends import ENDS
from tests.db.ways import READS, driver
from tests.notes import Owner, person_with_notes, titles_of
from tests.sealing import pool
from tests.server import Database

WHO = text("select current_user::text, session_user::text, current_setting('app.current_user_id', true)")
BACKEND = text("select pg_backend_pid()")


@pytest.fixture
async def single(database: Database) -> AsyncIterator[AsyncEngine]:
    """A pool of one connection: what one leaves behind, the next one finds."""
    made = pool(database.api, pool_size=1)
    yield made
    await made.dispose()


async def nobody(engine: AsyncEngine) -> bool:
    """Whether the pool's connection is nobody's."""
    async with engine.connect() as connection:
        return tuple((await connection.execute(WHO)).one()) in {("app_api", "app_api", ""), ("app_api", "app_api", None)}


async def who(tx: AsyncSession) -> tuple[object, ...]:
    return tuple((await tx.execute(WHO)).one())


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_no_end_leaves_an_identity_in_the_session(
    single: AsyncEngine, owner: Owner, end: Callable[[AsyncEngine, UUID], Awaitable[None]]
) -> None:
    alice, bob = person_with_notes(owner, "a"), person_with_notes(owner, "b")
    for _ in range(7):  # also once psycopg has prepared
        with suppress(DBAPIError, ZeroDivisionError):
            await end(single, alice)
        assert await nobody(single)
        assert [note.title for note in await once(single, person(bob), select(Note.title))] == ["b"]
    assert titles_of(owner, alice) == ["a"]


async def test_what_the_driver_does_alone_cannot_be_lost(single: AsyncEngine, owner: Owner) -> None:
    alice = person_with_notes(owner)
    async with connect(single, person(alice)) as connection:
        driver_alone = (await connection.get_raw_connection()).driver_connection
        assert driver_alone is not None
        await driver_alone.execute("insert into app.notes (title) values ('kept')")
    assert titles_of(owner, alice) == ["kept"]


async def test_no_way_of_executing_leaves_an_identity_in_the_session(single: AsyncEngine, owner: Owner) -> None:
    for way in READS.values():
        async with begin(single, person(person_with_notes(owner, "a"))) as tx:
            await way(tx)
        assert await nobody(single)


async def test_a_rollback_or_commit_within_cannot_change_who_runs_the_rest(single: AsyncEngine, owner: Owner) -> None:
    alice = person_with_notes(owner, "a")
    bound = ("app_user", "app_api", str(alice))
    async with begin(single, person(alice)) as tx:
        assert await who(tx) == bound
        await tx.rollback()
        assert await who(tx) == bound
        await tx.commit()
        assert await who(tx) == bound
        await (await driver(tx)).commit()
        assert await who(tx) == bound
        for end in ("commit", "rollback", "end", "abort"):
            await tx.execute(text(end))
            assert await who(tx) == bound


async def test_a_savepoint_cannot_be_from_before_the_binding(single: AsyncEngine, owner: Owner) -> None:
    alice = person_with_notes(owner, "a")
    bound = ("app_user", "app_api", str(alice))
    async with begin(single, person(alice)) as tx:
        async with tx.begin_nested() as savepoint:  # the first thing in the transaction
            await tx.execute(text("insert into app.notes (title) values ('undone')"))
            await savepoint.rollback()
        assert await who(tx) == bound
        with suppress(DBAPIError):
            async with tx.begin_nested():
                await tx.execute(text("select 1 / 0"))
        assert await who(tx) == bound
        await tx.execute(text("insert into app.notes (title) values ('kept')"))
    assert titles_of(owner, alice) == ["a", "kept"]


async def test_a_failed_transaction_cannot_go_on(single: AsyncEngine, owner: Owner) -> None:
    alice = person_with_notes(owner, "a")
    with pytest.raises(DBAPIError) as refused:  # noqa: PT012 - the second statement is what must be refused
        async with begin(single, person(alice)) as tx:
            await tx.execute(text("insert into app.notes (title) values ('half')"))
            with suppress(DBAPIError):
                await tx.execute(text("select 1 / 0"))
            await tx.execute(select(Note))
    assert isinstance(refused.value.orig, psycopg.errors.InFailedSqlTransaction)
    assert titles_of(owner, alice) == ["a"]


async def test_two_people_cannot_share_a_transaction(api: AsyncEngine, owner: Owner) -> None:
    alice, bob = person_with_notes(owner, "a"), person_with_notes(owner, "b")
    async with begin(api, person(alice)) as hers:
        assert [note.title for note in await hers.scalars(select(Note))] == ["a"]
        async with begin(api, person(bob)) as his:
            assert [note.title for note in await his.scalars(select(Note))] == ["b"]
            assert await hers.scalar(BACKEND) != await his.scalar(BACKEND)
        with suppress(ZeroDivisionError):
            async with begin(api, person(bob)) as his:
                await his.execute(text("insert into app.notes (title) values ('undone')"))
                raise ZeroDivisionError
        await hers.execute(text("insert into app.notes (title) values ('kept')"))
    assert (titles_of(owner, alice), titles_of(owner, bob)) == (["a", "kept"], ["b"])


async def test_two_people_on_one_connection_cannot_meet(single: AsyncEngine, owner: Owner) -> None:
    alice, bob = person_with_notes(owner, "a"), person_with_notes(owner, "b")
    async with begin(single, person(alice)) as hers:
        await hers.execute(select(Note))
        waiting = asyncio.create_task(once(single, person(bob), select(Note.title)))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not waiting.done()
        assert await who(hers) == ("app_user", "app_api", str(alice))
    assert [row.title for row in await waiting] == ["b"]
