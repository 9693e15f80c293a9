"""A connection that the server closed is noticed before it is used; one that dies in use is a 503, and the next works."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import insert
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import select

from db.models.notes import Note
from db.transaction import begin, once, person
from tests.faults.settled import count, settled, until
from tests.faults.slow import PATHS, held, router, waiting
from tests.notes import Owner, person_with_notes, titles_of
from tests.people import Person
from tests.sealing import pool
from tests.server import Database
from tests.serving import Served, serving

SESSIONS = "from pg_stat_activity where datname = current_database() and usename in ('app_api', 'app_auth')"


@pytest.fixture
async def served(own_database: Database) -> AsyncIterator[Served]:
    async with serving(own_database, router, pool_size=3) as made:
        yield made


@pytest.fixture
def truth(own_database: Database) -> Iterator[Owner]:
    with psycopg.connect(own_database.owner, autocommit=True) as owner:
        yield owner


async def kill(truth: Owner) -> int:
    """Ends every session of the API, as a failover or a serverless host does; returns when they are gone."""
    killed = truth.execute(f"select pg_terminate_backend(pid) {SESSIONS}").fetchall()
    await until(lambda: count(truth, f"select count(*) {SESSIONS}") == 0)
    return len(killed)


async def test_a_killed_idle_connection_cannot_fail_a_request(served: Served, truth: Owner) -> None:
    alice = Person("alice", person_with_notes(truth, "a"), served.client)
    for method, path, json, status in (
        ("GET", "/v1/notes", None, 200),
        ("POST", "/v1/notes", {"title": "b"}, 201),
        ("POST", "/slow/session", None, 201),
        ("GET", "/readyz", None, 200),
        ("POST", "/v1/auth/token", None, 422),
    ):
        await asyncio.gather(*(alice.call("GET", "/v1/notes") for _ in range(3)))  # fills the pool
        assert await kill(truth) >= 3
        answers = await asyncio.gather(*(alice.call(method, path, json) for _ in range(3)))
        assert [answer.status_code for answer in answers] == [status] * 3, path
    assert served.checked_out == 0


@pytest.mark.parametrize("path", PATHS)
async def test_a_connection_killed_in_use_cannot_leave_a_half(served: Served, truth: Owner, path: str) -> None:
    alice = Person("alice", person_with_notes(truth), served.client)
    with held(truth):
        running = asyncio.create_task(alice.call("POST", path))
        await waiting(truth)
        await kill(truth)
        response = await running
    assert response.status_code == 503, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"]
    await settled(served.engine, truth)
    assert titles_of(truth, alice.id) == []
    assert (await alice.call("POST", path)).status_code == 201
    assert titles_of(truth, alice.id) == ["1", "2"]


async def test_a_connection_killed_between_statements_cannot_commit(served: Served, truth: Owner) -> None:
    alice = person_with_notes(truth)
    with pytest.raises(Exception, match=r"closed|terminat"):  # noqa: PT012 - whichever statement notices
        async with begin(served.engine, person(alice)) as tx:
            await tx.execute(insert(Note).values(title="half"))
            await kill(truth)
    await settled(served.engine, truth)
    assert titles_of(truth, alice) == []
    assert await once(served.engine, person(alice), select(Note.id)) == []


async def test_an_exhausted_pool_cannot_hang_a_request_or_fail_it_as_ours(database: Database, owner: Owner) -> None:
    async with serving(database) as served:
        app: FastAPI = served.app
        boot, app.state.api = app.state.api, pool(database.api, pool_size=1, pool_timeout=0.01)
        alice = Person("alice", person_with_notes(owner, "a"), served.client)
        try:
            async with app.state.api.connect():
                with pytest.raises(PoolTimeout):
                    await once(app.state.api, person(alice.id), select(Note.id))
                response = await alice.call("GET", "/v1/notes")
                assert response.status_code == 503
                assert response.headers["content-type"] == "application/problem+json"
                assert response.headers["retry-after"]
            assert (await alice.call("GET", "/v1/notes")).status_code == 200
        finally:
            await app.state.api.dispose()
            app.state.api = boot
