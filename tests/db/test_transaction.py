"""Whatever way a statement is executed, it runs as the caller: their rows and no others, and unbound it is refused."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import Table, delete, insert, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from db.models import metadata
from db.models.notes import Note
from db.transaction import address, begin, once, person
from tests.db.ways import READS, Seen, driver
from tests.db.writes import INSERTS, WRITES
from tests.notes import Owner, person_with_notes, titles_of
from tests.sealing import pool
from tests.server import Database


@pytest.fixture
async def auth(database: Database) -> AsyncIterator[AsyncEngine]:
    made = pool(database.auth, pool_size=1)
    yield made
    await made.dispose()


@pytest.mark.parametrize("way", READS.values(), ids=READS)
@pytest.mark.parametrize("nth", ["first", "second"])
async def test_a_read_cannot_see_another_owners_rows(
    api: AsyncEngine, owner: Owner, way: Callable[[AsyncSession], Awaitable[Seen]], nth: str
) -> None:
    alice, bob = person_with_notes(owner, "a1", "a2"), person_with_notes(owner, "b1")
    for who, titles in ((alice, ["a1", "a2"]), (bob, ["b1"]), (alice, ["a1", "a2"])):
        async with begin(api, person(who)) as tx:
            if nth == "second":
                await tx.execute(text("select 1"))
            assert await way(tx) == [(title, "app_user") for title in titles]


@pytest.mark.parametrize("way", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("nth", ["first", "second"])
async def test_a_blind_write_cannot_reach_another_owners_rows(
    api: AsyncEngine, owner: Owner, way: Callable[[AsyncSession], Awaitable[None]], nth: str
) -> None:
    alice, bob = person_with_notes(owner, "a1", "a2"), person_with_notes(owner, "b1")
    async with begin(api, person(alice)) as tx:
        if nth == "second":
            await tx.execute(text("select 1"))
        await way(tx)
    bodies = owner.execute("select owner_id, body from app.notes where owner_id in (%s, %s) order by title", [alice, bob])
    assert bodies.fetchall() == [(alice, "changed"), (alice, "changed"), (bob, "")]


@pytest.mark.parametrize("way", INSERTS.values(), ids=INSERTS)
async def test_an_insert_cannot_belong_to_anybody_else(
    api: AsyncEngine, owner: Owner, way: Callable[[AsyncSession], Awaitable[None]]
) -> None:
    alice = person_with_notes(owner)
    before = owner.execute("select count(*) from app.notes").fetchone()
    async with begin(api, person(alice)) as tx:
        await way(tx)
    added = titles_of(owner, alice)
    assert added and set(added) == {"added"}
    after = owner.execute("select count(*) from app.notes").fetchone()
    assert before and after and after[0] - before[0] == len(added)


async def copies_in(api: AsyncEngine, who: UUID) -> None:
    async with (
        begin(api, person(who)) as tx,
        (await driver(tx)).cursor() as cursor,
        cursor.copy("copy app.notes (title) from stdin") as copy,
    ):
        await copy.write_row(["copied"])


async def test_copy_in_cannot_pass_by_the_policies(api: AsyncEngine, owner: Owner) -> None:
    alice = person_with_notes(owner, "a1")
    with pytest.raises(psycopg.errors.FeatureNotSupported):  # Postgres has no COPY FROM under row security
        await copies_in(api, alice)
    assert titles_of(owner, alice) == ["a1"]


async def test_a_stream_that_is_left_early_cannot_leave_its_session_busy(api: AsyncEngine, owner: Owner) -> None:
    alice = person_with_notes(owner, "a1", "a2")
    async with begin(api, person(alice)) as tx, (await driver(tx)).cursor() as cursor:
        async for _ in cursor.stream("select generate_series(1, 100000)"):
            break
    assert [row.title for row in await once(api, person(alice), select(Note))] == ["a1", "a2"]


@pytest.mark.parametrize("table", metadata.tables.values(), ids=metadata.tables)
async def test_an_unbound_statement_cannot_run(api: AsyncEngine, auth: AsyncEngine, table: Table) -> None:
    for engine in (api, auth):
        column = next(iter(table.c)).name
        blind = text(f"update {table} set {column} = {column}")
        for statement in (select(table), insert(table), blind, delete(table), text(f"truncate {table}")):
            async with engine.connect() as connection:
                with pytest.raises(ProgrammingError) as refused:
                    await connection.execute(statement)
                assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege), statement


@pytest.mark.parametrize("way", READS.values(), ids=READS)
async def test_an_unbound_statement_cannot_run_by_any_way(
    api: AsyncEngine, way: Callable[[AsyncSession], Awaitable[Seen]]
) -> None:
    async with api.connect() as connection, AsyncSession(connection) as tx:
        with pytest.raises((DBAPIError, psycopg.Error)) as refused:
            await way(tx)
    error = refused.value.orig if isinstance(refused.value, DBAPIError) else refused.value
    # Streams and server-side cursors need a transaction, and nobody opened one.
    assert isinstance(error, psycopg.errors.InsufficientPrivilege | psycopg.errors.NoActiveSqlTransaction)


async def test_a_request_cannot_read_credentials(api: AsyncEngine, auth: AsyncEngine, owner: Owner) -> None:
    alice = person_with_notes(owner)
    email = f"{alice.hex}@example.com"
    owner.execute("insert into auth.credentials (user_id, email, password_hash) values (%s, %s, 'x')", [alice, email])
    credentials = metadata.tables["auth.credentials"]
    with pytest.raises(ProgrammingError, match="permission denied for schema auth"):
        await once(api, person(alice), select(credentials.c.email))
    assert [row.email for row in await once(auth, address(email), select(credentials.c.email))] == [email]
