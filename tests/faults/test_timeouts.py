"""A request that takes too long is cancelled: a problem, nothing written, a clean pool, and the next one works."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert
from sqlmodel import col, select

from db.models.notes import Note
from db.transaction import once, person
from tests.faults.settled import settled
from tests.faults.slow import PATHS, held, router
from tests.notes import Owner, person_with_notes, titles_of
from tests.people import Person
from tests.server import Database
from tests.serving import Served, serving


@pytest.fixture
async def hasty(database: Database) -> AsyncIterator[Served]:
    async with serving(database, router, request_seconds=0.3, pool_size=2) as made:
        yield made


@pytest.mark.parametrize("path", PATHS)
async def test_a_request_that_takes_too_long_cannot_write_or_hold_a_connection(hasty: Served, owner: Owner, path: str) -> None:
    alice = Person("alice", person_with_notes(owner), hasty.client)
    for _ in range(2):
        with held(owner):
            response = await asyncio.wait_for(alice.call("POST", path), 60)
            assert response.status_code == 503, response.text
            assert response.headers["content-type"] == "application/problem+json"
            assert response.headers["retry-after"]
            # The lock is still held: the connection is back because the statement was cancelled.
            await settled(hasty.engine, owner)
        assert titles_of(owner, alice.id) == []
    await once(hasty.engine, person(alice.id), insert(Note).values(title="next").returning(col(Note.id)))
    assert titles_of(owner, alice.id) == ["next"]


async def test_a_request_cannot_wait_for_a_connection_for_ever_or_take_one_with_it(hasty: Served, owner: Owner) -> None:
    people = [Person(f"{i}", person_with_notes(owner, f"{i}'s"), hasty.client) for i in range(12)]
    async with hasty.engine.connect(), hasty.engine.connect():  # all that the pool has
        answers = await asyncio.gather(*(each.call("GET", "/v1/notes") for each in people))
        assert {answer.status_code for answer in answers} == {503}
    await settled(hasty.engine, owner)
    for each in people:
        rows = await once(hasty.engine, person(each.id), select(Note.title))
        assert [row.title for row in rows] == [f"{each.name}'s"]
