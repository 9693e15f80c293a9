"""What is sent to bind: parameters and never literals, once per transaction, in a transaction spelled out in full."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import NamedTuple
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Executable, insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import select

from db.models.notes import Note
from db.transaction import begin, connect, once, person
from tests.db.ways import READS
from tests.faults.settled import until
from tests.notes import Owner, person_with_notes, titles_of
from tests.proxy import Wire, proxied
from tests.sealing import pool
from tests.server import Database


class Watched(NamedTuple):
    """A pool of one warm connection, and the wire that it uses."""

    engine: AsyncEngine
    wire: Wire


@pytest.fixture
async def watched(database: Database) -> AsyncIterator[Watched]:
    async with proxied(database.api) as (url, wire):
        engine = pool(url, pool_size=1)
        async with engine.connect():
            pass
        yield Watched(engine, wire)
        await engine.dispose()


@pytest.fixture
def alice(owner: Owner) -> UUID:
    return person_with_notes(owner, "a")


async def test_a_second_statement_of_a_single_one_is_never_sent(watched: Watched, owner: Owner, alice: UUID) -> None:
    async with connect(watched.engine, person(alice), once=True) as connection:
        await connection.execute(insert(Note).values(title="first"))
        watched.wire.reset()
        with pytest.raises(RuntimeError, match="a second statement"):
            await connection.execute(insert(Note).values(title="second"))
        async with AsyncSession(connection) as tx:
            for way in READS.values():
                with pytest.raises(RuntimeError, match="a second statement"):
                    await way(tx)
    assert watched.wire.sql == []
    assert titles_of(owner, alice) == ["a", "first"]


async def test_a_second_statement_after_a_failed_one_is_never_run(watched: Watched, owner: Owner, alice: UUID) -> None:
    async with connect(watched.engine, person(alice), once=True) as connection:
        with pytest.raises(IntegrityError):
            await connection.execute(insert(Note).values(title=""))
        with pytest.raises(DBAPIError) as refused:
            await connection.execute(insert(Note).values(title="second"))
        assert isinstance(refused.value.orig, psycopg.errors.InFailedSqlTransaction)
    assert titles_of(owner, alice) == ["a"]


async def test_a_text_cannot_carry_a_second_statement(api: AsyncEngine, owner: Owner, alice: UUID) -> None:
    two = text("update app.notes set body = 'one'; update app.notes set body = 'two'")
    for before in ([], [text("select 1")]):
        with pytest.raises(DBAPIError, match="multiple commands"):  # noqa: PT012 - the last is what must be refused
            async with begin(api, person(alice)) as tx:
                for statement in (*before, two):
                    await tx.execute(statement)
    with pytest.raises(DBAPIError, match="multiple commands"):
        await once(api, person(alice), two)
    assert owner.execute("select body from app.notes where owner_id = %s", [alice]).fetchall() == [("",)]


@pytest.mark.parametrize("way", READS)
async def test_no_text_that_is_sent_shows_an_identity(watched: Watched, alice: UUID, way: str) -> None:
    watched.wire.reset()
    for _ in range(7):
        async with begin(watched.engine, person(alice)) as tx:
            await READS[way](tx)
        await once(watched.engine, person(alice), select(Note.id))
    sent = "\n".join(watched.wire.sql).lower()
    assert "select pg_catalog.set_config('role', $1, true), pg_catalog.set_config($2, $3, true), " in sent
    for place, setting in ((4, "app.current_scope"), (5, "app.current_user_seal")):
        assert f"pg_catalog.set_config('{setting}', ${place}, true)" in sent
    assert alice.hex not in sent.replace("-", "")
    assert "app_user" not in sent


async def at_once(api: AsyncEngine, who: UUID, statement: Executable) -> None:
    await once(api, person(who), statement)


async def in_a_session(api: AsyncEngine, who: UUID, statement: Executable) -> None:
    async with begin(api, person(who)) as tx:
        await tx.execute(select(Note))
        await tx.execute(statement)


@pytest.mark.parametrize("way", [at_once, in_a_session])
async def test_no_other_session_can_read_an_identity(
    api: AsyncEngine, owner: Owner, alice: UUID, way: Callable[[AsyncEngine, UUID, Executable], Coroutine[None, None, None]]
) -> None:
    waits = text("select pg_advisory_xact_lock(4711) is null")

    def waiting() -> str:
        row = owner.execute(
            "select to_jsonb(a)::text from pg_stat_activity a"
            " where usename = 'app_api' and datname = current_database() and wait_event = 'advisory'"
        ).fetchone()
        return row[0] if row else ""

    owner.execute("select pg_advisory_lock(4711)")
    try:
        running = asyncio.create_task(way(api, alice, waits))
        await until(lambda: bool(waiting()))
        shown = waiting()
    finally:
        owner.execute("select pg_advisory_unlock(4711)")
    await running
    assert "pg_advisory_xact_lock" in shown
    assert str(alice) not in shown
    assert alice.hex not in shown
