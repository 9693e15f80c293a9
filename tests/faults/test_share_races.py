"""Sharing while others write: what was taken back before a write is committed is never followed by that write."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from tests.faults.settled import count, until
from tests.isolation.conftest import Hold, author, hold
from tests.isolation.session import acting, outcome
from tests.people import Person
from tests.server import Database

__all__ = ["author", "hold"]  # fixtures
Author = tuple[Person, str]
Owner = psycopg.Connection[Any]
WRITE = "update app.notes set title = 'late' where id = '{}'"


async def waits(owner: Owner, session: psycopg.Connection[Any]) -> None:
    """Until the session waits for somebody's lock."""
    blocked = f"select cardinality(pg_blocking_pids({session.info.backend_pid}))"
    await until(lambda: count(owner, blocked) > 0)


def title(owner: Owner, note: str) -> str:
    """What the note is called."""
    row = owner.execute("select title from app.notes where id = %s", [note]).fetchone()
    assert row is not None
    return str(row[0])


ENDS = {
    "revoked": lambda share: f"delete from app.note_shares where id = '{share}'",
    "expired": lambda share: f"update app.note_shares set expires_at = clock_timestamp() where id = '{share}'",
    "no longer a writer's": lambda share: f"update app.note_shares set role = 'reader' where id = '{share}'",
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_writer_who_waits_does_not_write_after_the_share_has_ended(
    author: Author, hold: Hold, database: Database, owner: Owner, end: Callable[[object], str]
) -> None:
    holder, (by, note) = await hold("writer"), author
    with acting(database.api, holder.who.id, "app_guest", commit=True) as late:
        with acting(database.api, by.id, commit=True) as first:
            assert outcome(first, f"update app.notes set title = 'first' where id = '{note}'") == 1
            writing = asyncio.create_task(asyncio.to_thread(outcome, late, WRITE.format(note)))
            await waits(owner, late)
            owner.execute(end(holder.share).encode())
        assert await writing == "42501"
    assert title(owner, note) == "first"


async def test_revocation_waits_for_a_write_that_was_first(
    author: Author, hold: Hold, database: Database, owner: Owner
) -> None:
    holder, (by, note) = await hold("writer"), author
    with acting(database.api, by.id, commit=True) as revoking:
        with acting(database.api, holder.who.id, "app_guest", commit=True) as writing:
            assert outcome(writing, WRITE.format(note)) == 1
            gone = f"delete from app.note_shares where id = '{holder.share}'"
            ending = asyncio.create_task(asyncio.to_thread(outcome, revoking, gone))
            await waits(owner, revoking)
        assert await ending == 1
    assert title(owner, note) == "late"
    with acting(database.api, holder.who.id, "app_guest") as after:
        assert outcome(after, WRITE.format(note)) == 0


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
async def test_older_snapshot_writes_nothing(
    author: Author, hold: Hold, database: Database, owner: Owner, isolation: str
) -> None:
    holder, (by, note) = await hold("writer"), author
    with acting(database.api, holder.who.id, "app_guest", isolation=isolation) as session:
        assert (await by.call("DELETE", f"/v1/notes/{note}/shares/{holder.share}")).status_code == 204
        assert outcome(session, f"select from app.notes where id = '{note}'") == 1, "what it saw it still sees"
        assert outcome(session, WRITE.format(note)) == "40001"
    assert title(owner, note) == "a note"


async def test_two_who_accept_one_offer_at_once_do_not_both_get_it(hold: Hold, database: Database, owner: Owner) -> None:
    offer, others = await hold("offered"), [(await hold("stranger")).who for _ in range(2)]
    accept = f"select from app.accept_shared_notes('{offer.share}', '{offer.token.partition('.')[2]}')"
    with ExitStack() as sessions:
        late = sessions.enter_context(acting(database.api, others[1].id, commit=True))
        with acting(database.api, others[0].id, commit=True) as first:
            assert outcome(first, accept) == 1
            waiting = asyncio.create_task(asyncio.to_thread(outcome, late, accept))
            await waits(owner, late)
        assert await waiting == "P0002"
    held = owner.execute("select user_id from app.note_shares where id = %s", [offer.share]).fetchone()
    assert held == (others[0].id,)


async def test_offer_that_is_withdrawn_while_somebody_accepts_gives_nothing(
    author: Author, hold: Hold, database: Database, owner: Owner
) -> None:
    offer, by = await hold("offered"), author[0]
    accept = f"select from app.accept_shared_notes('{offer.share}', '{offer.token.partition('.')[2]}')"
    with acting(database.api, offer.who.id, commit=True) as late:
        with acting(database.api, by.id, commit=True) as first:
            assert outcome(first, f"delete from app.note_shares where id = '{offer.share}'") == 1
            waiting = asyncio.create_task(asyncio.to_thread(outcome, late, accept))
            await waits(owner, late)
        assert await waiting == "P0002"
    assert (await offer.who.call("GET", f"/v1/notes/{author[1]}")).status_code == 404


async def test_one_person_never_holds_two_shares_of_a_row(hold: Hold, database: Database, owner: Owner) -> None:
    offers, who = [await hold("offered") for _ in range(2)], (await hold("stranger")).who
    one, two = (f"select from app.accept_shared_notes('{each.share}', '{each.token.partition('.')[2]}')" for each in offers)
    with acting(database.api, who.id, commit=True) as late:
        with acting(database.api, who.id, commit=True) as first:
            assert outcome(first, one) == 1
            waiting = asyncio.create_task(asyncio.to_thread(outcome, late, two))
            await waits(owner, late)
        assert await waiting == "23505"
    held = "select id from app.note_shares where user_id = %s"
    assert owner.execute(held, [who.id]).fetchall() == [(offers[0].share,)]
    assert (await who.made("/v1/notes/shares/accept", token=offers[1].token))["id"] == str(offers[1].share)
    assert owner.execute(held, [who.id]).fetchall() == [(offers[1].share,)]


async def test_note_that_is_binned_while_it_is_offered_is_offered_to_nobody(
    author: Author, database: Database, owner: Owner
) -> None:
    by, note = author
    offer = f"insert into app.note_shares (note_id, token_hash) values ('{note}', sha256('x'))"
    with acting(database.api, by.id, commit=True) as late:
        with acting(database.api, by.id, "app_trash", commit=True) as first:
            assert outcome(first, f"update app.notes set deleted_at = now() where id = '{note}'") == 1
            waiting = asyncio.create_task(asyncio.to_thread(outcome, late, offer))
            await waits(owner, late)
        assert await waiting == "23503"
