"""The commit comes before the answer: one that fails is an error answer and leaves no row."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import psycopg
import pytest
from fastapi import APIRouter, HTTPException
from sqlalchemy import insert, text
from sqlmodel import select

from api.deps import Tx
from db.models.notes import Note
from tests.notes import Owner, person_with_notes, titles_of
from tests.people import Person
from tests.server import Database
from tests.serving import Served, serving

# Both fail at commit alone: a constraint that is checked late, and code that runs late.
LATE = {
    "constraint": "alter table app.notes add constraint notes_title_key unique (owner_id, title) deferrable initially deferred",
    "trigger": """
        create function public.refuse() returns trigger language plpgsql as
          $$ begin if new.title = 'taken' then raise exception 'late' using errcode = '23505'; end if; return null; end $$;
        create constraint trigger late after insert or update on app.notes deferrable initially deferred
          for each row execute function public.refuse()""",
}
router = APIRouter()


@router.post("/two", status_code=201)
async def two(tx: Tx, title: str) -> dict[str, bool]:
    """A user's own route, of two statements."""
    await tx.execute(insert(Note).values(title="free"))
    await tx.execute(insert(Note).values(title=title))
    return {"made": True}


@router.post("/flushed", status_code=201)
async def flushed(tx: Tx, title: str) -> dict[str, bool]:
    """A user's own route that leaves all statements to the commit."""
    (await tx.scalars(select(Note))).one().title = title
    return {"made": True}


@router.post("/swallowed", status_code=201)
async def swallowed(tx: Tx) -> dict[str, bool]:
    """A user's own route that goes on after an error."""
    await tx.execute(insert(Note).values(title="half"))
    with suppress(Exception):
        await tx.execute(text("select 1 / 0"))
    return {"made": True}


@router.post("/refused", status_code=201)
async def refused(tx: Tx) -> dict[str, bool]:
    """A user's own route that refuses after it has written."""
    await tx.execute(insert(Note).values(title="half"))
    raise HTTPException(418)


@pytest.fixture
def truth(own_database: Database) -> Iterator[Owner]:
    with psycopg.connect(own_database.owner, autocommit=True) as owner:
        yield owner


@pytest.fixture
async def served(own_database: Database) -> AsyncIterator[Served]:
    async with serving(own_database, router, pool_size=1) as made:
        yield made


@pytest.mark.parametrize("late", LATE.values(), ids=LATE)
async def test_a_failed_commit_cannot_answer_success(truth: Owner, served: Served, late: str) -> None:
    truth.execute(late)
    alice = Person("alice", person_with_notes(truth), served.client)
    truth.execute("set session_replication_role = replica")
    truth.execute("insert into app.notes (owner_id, title) values (%s, 'taken')", [alice.id])
    for _ in range(7):
        for path, json in (("/v1/notes", {"title": "taken"}), ("/two?title=taken", None)):
            response = await alice.call("POST", path, json)
            assert response.status_code == 409, response.text
            assert response.headers["content-type"] == "application/problem+json"
            assert titles_of(truth, alice.id) == ["taken"]
            assert served.checked_out == 0
    assert (await alice.call("POST", "/two?title=other")).status_code == 201
    assert titles_of(truth, alice.id) == ["free", "other", "taken"]


async def test_a_failed_flush_at_the_commit_cannot_answer_success(truth: Owner, served: Served) -> None:
    alice = Person("alice", person_with_notes(truth, "a"), served.client)
    assert (await alice.call("POST", f"/flushed?title={'x' * 201}")).status_code == 422
    assert titles_of(truth, alice.id) == ["a"]
    assert (await alice.call("POST", "/flushed?title=b")).status_code == 201
    assert titles_of(truth, alice.id) == ["b"]


async def test_a_failed_statement_leaves_nothing_of_those_before_it(truth: Owner, served: Served) -> None:
    alice = Person("alice", person_with_notes(truth), served.client)
    assert (await alice.call("POST", "/two?title=")).status_code == 422
    assert titles_of(truth, alice.id) == []
    assert (await alice.call("POST", "/two?title=kept")).status_code == 201
    assert titles_of(truth, alice.id) == ["free", "kept"]


async def test_a_swallowed_error_cannot_answer_success(truth: Owner, served: Served) -> None:
    # COMMIT of a failed transaction is a ROLLBACK to Postgres, and no error.
    alice = Person("alice", person_with_notes(truth), served.client)
    assert (await alice.call("POST", "/swallowed")).status_code >= 400
    assert titles_of(truth, alice.id) == []


async def test_a_refusal_by_the_handler_cannot_leave_what_it_wrote(truth: Owner, served: Served) -> None:
    alice = Person("alice", person_with_notes(truth), served.client)
    assert (await alice.call("POST", "/refused")).status_code == 418
    assert titles_of(truth, alice.id) == []
