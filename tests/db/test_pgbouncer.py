"""Behind a real PgBouncer in transaction mode nobody meets another's rows, identity or leftovers, at the same round trips."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import insert, text
from sqlmodel import select

from db.models.notes import Note
from db.transaction import begin, once, person
from tests.db.bouncer import PROGRAM, bouncing
from tests.db.logins import refusal
from tests.faults.settled import until
from tests.notes import Owner, person_with_notes, titles_of
from tests.people import token
from tests.proxy import proxied
from tests.sealing import pool
from tests.server import Database
from tests.serving import serving

RESETS = "server_reset_query_always = 1"
TITLES = select(Note.title)


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    """A run of CI has it; elsewhere its absence is said aloud."""
    if not PROGRAM:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("NOT TESTED: the API behind a pooler. PgBouncer is not installed: `apt-get install pgbouncer`")


@pytest.fixture
async def pooled(own_database: Database) -> AsyncIterator[Database]:
    """The database through two server connections a login."""
    async with bouncing(own_database, RESETS) as found:
        yield found


@pytest.fixture
def truth(own_database: Database) -> Iterator[Owner]:
    with psycopg.connect(own_database.owner, autocommit=True) as owner:
        yield owner


async def test_no_request_of_many_at_once_meets_another_persons_rows(pooled: Database, truth: Owner) -> None:
    people = {person_with_notes(truth, f"{name}'s"): f"{name}'s" for name in ("alice", "mallory", "carol")}
    async with serving(pooled, pooler=True, pool_size=20) as served:

        async def asked(me: UUID, number: int) -> None:
            headers = {"Authorization": f"Bearer {token(me)}"}
            if number % 4 == 0:
                made = await served.client.post("/v1/notes", json={"title": people[me]}, headers=headers)
                assert made.status_code == 201, made.text
            page = await served.client.get("/v1/notes", headers=headers)
            assert page.status_code == 200, page.text
            assert {note["title"] for note in page.json()["items"]} == {people[me]}

        await asyncio.gather(*(asked(me, number) for number in range(40) for me in people))
        backends = "select count(*) from pg_stat_activity where datname = current_database() and usename = 'app_api'"
        assert truth.execute(backends).fetchone() == (2,)
    assert all(titles_of(truth, me) == [title] * 11 for me, title in people.items())


@pytest.mark.parametrize("always", [RESETS, ""], ids=["resets", "does not"])
async def test_nothing_is_left_for_the_next_person_by_a_pooler_that_resets(
    own_database: Database, truth: Owner, always: str
) -> None:
    alice, mallory = person_with_notes(truth, "alice's"), person_with_notes(truth)
    async with bouncing(own_database, always, size=1) as found:
        engine = pool(found.api, pool_size=2, pooled=True)
        async with begin(engine, person(mallory)) as tx:
            await tx.execute(text("select set_config('x.y', 'left', false), pg_advisory_lock(4713)"))
            await tx.execute(text("declare held cursor with hold for select 1"))
            await tx.execute(text("listen x"))
        left = (
            "select nullif(current_setting('x.y', true), ''), (select count(*) from pg_cursors where is_holdable), "
            "(select count(*) from pg_listening_channels()), "
            "(select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())"
        )
        assert tuple((await once(engine, person(alice), text(left)))[0]) == ((None, 0, 0, 0) if always else ("left", 1, 1, 1))
        await engine.dispose()
        said = await refusal(found.api, pooled=True)
        assert said == "" if always else said.startswith("POOLER=true, and what one transaction leaves behind")


async def test_a_pooler_that_the_api_was_not_told_of_cannot_be_served(pooled: Database) -> None:
    said = "a pooler stands before the database: set POOLER=true, so that nothing counts on its connections"
    assert await refusal(pooled.api) == said
    assert await refusal(pooled.auth, "app_auth") == said


async def test_no_request_costs_another_round_trip_behind_a_pooler(pooled: Database, truth: Owner) -> None:
    alice = person_with_notes(truth, "a")
    async with proxied(pooled.api) as (url, wire):
        engine = pool(url, pool_size=1, pooled=True)
        counted = []
        for _ in range(10):  # the driver would prepare
            wire.reset()
            assert [row[0] for row in await once(engine, person(alice), TITLES)] == ["a"]
            counted.append(wire.answers)
        wire.reset()
        async with begin(engine, person(alice)) as tx:
            tx.add(Note(title="b"))
            await tx.execute(insert(Note).values(title="c"))
        counted.append(wire.answers)
        await engine.dispose()
        # The pooler's first connection tells its parameters anew.
        assert counted[1:] == [*[1] * 9, 3]
        assert wire.resets == 0


async def test_a_cancelled_statement_cannot_hold_a_server_connection(pooled: Database, truth: Owner) -> None:
    alice = person_with_notes(truth, "a")
    engine = pool(pooled.api, pool_size=3, pooled=True)
    slow = [asyncio.create_task(once(engine, person(alice), text("select pg_sleep(600)"))) for _ in range(2)]
    sleeping = (
        "select from pg_stat_activity where datname = current_database() and query ~ '^select pg_sleep' and state = 'active'"
    )
    await until(lambda: truth.execute(sleeping).rowcount == 2)
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert [row[0] for row in await once(engine, person(alice), TITLES)] == ["a"]
    await engine.dispose()
