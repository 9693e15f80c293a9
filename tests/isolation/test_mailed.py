"""Functions of mails: a token is good once, for whom and what it was made; few are written, and each is claimed once."""

from hashlib import sha256
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from db.transaction import address, person, token
from tests.isolation.mailbox import HERS, INSERT, VICS, email, two_mails
from tests.isolation.session import bound
from tests.people import World
from tests.policies.catalog import Connection, rows
from tests.server import Database


@pytest.fixture(autouse=True)
def mails(world: World, owner: Connection) -> None:
    """Two of them."""
    two_mails(world, owner)


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ("kind = 'reset'", True),
        ("kind = 'change'", False),
        ("kind = 'changed'", False),
        ("expires_at = now() - interval '1 second'", False),
        ("stands = sha256('x')", False),
        ("stands = null", False),
    ],
)
async def test_token_changes_one_password_once(
    world: World, database: Database, owner: Connection, change: str, good: bool
) -> None:
    owner.execute(f"update auth.mails set claimed_at = now(), {change}".encode())
    owner.execute("insert into app.sessions (owner_id) values (%s), (%s)", [world.alice.id, world.vic.id])
    hashes = "select count(*) filter (where user_id = %s), count(*) from auth.credentials where password_hash = 'new'"
    open_ = "select count(*) filter (where owner_id = %s) > 0, count(*) filter (where owner_id = %s) > 0 from app.sessions"
    with bound(database.auth, token(HERS)) as session:
        assert rows(session, "select auth.reset_password('new')") == [good]
        assert rows(session, "select auth.reset_password('newer')") == [False]
        session.execute("commit")
    try:
        assert rows(owner, hashes, world.alice.id) == [(int(good), int(good))]
        assert rows(owner, open_, world.alice.id, world.vic.id) == [(not good, True)]
        assert rows(owner, "select count(*) from auth.mails") == [2 - good]
    finally:
        owner.execute("update auth.credentials set password_hash = 'x' where password_hash = 'new'")
        # As they were: other tests look for alice's.
        live = world.live["sessions"]
        owner.execute("delete from app.sessions where owner_id in (%s, %s)", [world.alice.id, world.vic.id])
        owner.execute("insert into app.sessions (id, owner_id) values (%s, %s)", [live, world.alice.id])


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ("kind = 'change'", True),
        ("kind = 'reset'", False),
        ("kind = 'change', expires_at = now() - interval '1 second'", False),
        ("kind = 'change', stands = sha256('x')", False),
    ],
)
async def test_token_confirms_one_address_once(
    world: World, database: Database, owner: Connection, change: str, good: bool
) -> None:
    before = email(owner, world.vic.id)
    owner.execute(f"update auth.mails set claimed_at = now(), address = 'new' || kind || '@example.com', {change}".encode())
    with bound(database.auth, token(VICS)) as session:
        assert rows(session, "select auth.confirm_change()") == [good]
        assert rows(session, "select auth.confirm_change()") == [False]
        session.execute("commit")
    try:
        assert (email(owner, world.vic.id) == "newreset@example.com") == good
        told = "select address, due_at is not null from auth.mails where kind = 'changed' and user_id = %s"
        assert rows(owner, told, world.vic.id) == [(before, True)] * good
        assert rows(owner, "select count(*) from auth.credentials where email = 'newreset@example.com'") == [int(good)]
    finally:
        owner.execute("update auth.credentials set email = %s where user_id = %s", [before, world.vic.id])


async def test_mails_an_hour_are_few(world: World, database: Database, owner: Connection) -> None:
    """Whatever others are about to be sent."""
    hers = email(owner, world.alice.id)
    due = "insert into auth.mails (kind, address, user_id, due_at) select 'reset', 'x@y', %s, now() from generate_series(1, 9)"
    owner.execute(due, [world.vic.id])
    for identity, call in (
        (address(hers), "select auth.request_reset(gen_random_uuid(), sha256(gen_random_uuid()::text::bytea))"),
        (person(world.alice.id, "app_auth"), "select auth.request_change('x', 'y@example.com', gen_random_uuid(), null)"),
    ):
        for age, written in (("0 minutes", 2), ("61 minutes", 3)):
            owner.execute("delete from auth.mails where user_id = %s", [world.alice.id])
            owner.execute(INSERT.format(uuid4(), hers, f"'{world.alice.id}'").encode())
            owner.execute(f"update auth.mails set created_at = now() - interval '{age}'".encode())
            with bound(database.auth, identity) as session:
                for _ in range(5):
                    session.execute(call.encode())
                session.execute("commit")
            assert rows(owner, "select count(*) from auth.mails where user_id = %s", world.alice.id) == [1 + written]


async def test_change_takes_the_password(world: World, database: Database, owner: Connection) -> None:
    with bound(database.auth, person(world.alice.id, "app_auth")) as session:
        session.execute("select auth.request_change('wrong', 'y@example.com', gen_random_uuid(), sha256('c'))")
        session.execute("commit")
    assert rows(owner, "select count(*) from auth.mails where address = 'y@example.com'") == [0]


async def test_mail_to_nobody_is_written_and_never_sent(world: World, database: Database, owner: Connection) -> None:
    for there, due in (("nobody@example.com", False), (email(owner, world.alice.id), True)):
        with bound(database.auth, address(there)) as session:
            session.execute("select auth.request_reset(gen_random_uuid(), sha256('fresh'))")
            session.execute("commit")
        assert rows(owner, "select due_at is not null from auth.mails where token_hash = sha256('fresh')") == [due]
        owner.execute("delete from auth.mails where token_hash = sha256('fresh')")


async def test_registered_address_starts_no_session_before_it_is_verified(database: Database, owner: Connection) -> None:
    there = f"{uuid4().hex}@example.com"
    state = "select unverified, password_hash from auth.credentials where email = %s"
    start = "select count(*) from auth.start_session(%s, sha256('t'), '')"
    kinds = "select array_agg(kind order by created_at) from auth.mails where address = %s"
    with bound(database.auth, address(there)) as session:
        session.execute("select auth.register('first', 'Ada', gen_random_uuid(), sha256('v'))")
        assert rows(session, start, "first") == [0]
        session.execute("commit")
    assert rows(owner, state, there) == [(True, "first")]
    with bound(database.auth, address(there)) as session:
        session.execute("select auth.register('second', 'Eve', gen_random_uuid(), sha256('w'))")
        session.execute("commit")
    assert rows(owner, state, there) == [(True, "first")], "a second sign-up verifies nothing"
    assert rows(owner, kinds, there) == [["verify", "known"]]
    with bound(database.auth, token(sha256(b"w").digest())) as session:
        assert rows(session, "select auth.reset_password('third')") == [True]
        session.execute("commit")
    with bound(database.auth, address(there)) as session:
        session.execute("select auth.register('fourth', 'Eve', gen_random_uuid(), sha256('z'))")
        assert rows(session, start, "third") == [1], "verified stays verified"
    assert rows(owner, "select bool_or(unverified) from auth.credentials where email <> %s", there) == [False]


async def test_claimed_is_what_is_due_and_nobody_elses(database: Database, owner: Connection) -> None:
    due = "update auth.mails set due_at = now() - interval '1 second'"
    for change, claimed in (
        ("", 1),
        (", due_at = now() + interval '1 hour'", 0),
        (", expires_at = now() - interval '1 second'", 0),
        (", expires_at = now() - interval '8 days'", 0),
    ):
        owner.execute("update auth.mails set due_at = null, claimed_at = null, expires_at = now() + interval '1 hour'")
        wanted = f"{due}{change}" if "due_at" not in change else f"update auth.mails set {change[2:]}"
        owner.execute(f"{wanted} where token_hash = %s".encode(), [HERS])
        with psycopg.connect(database.auth, autocommit=True) as session:
            assert rows(session, "select token_hash from auth.claim_mails()") == [HERS] * claimed
            assert rows(session, "select count(*) from auth.claim_mails()") == [0]
    assert rows(owner, "select token_hash from auth.mails") == [VICS], "the old one is gone, and no other"


async def test_claim_waits_for_no_other_sender(database: Database, owner: Connection) -> None:
    owner.execute("update auth.mails set due_at = now() - interval '1 second'")
    with psycopg.connect(database.auth, autocommit=True) as session, owner.transaction():
        owner.execute("select from auth.mails where token_hash = %s for update", [HERS])
        session.execute("set lock_timeout = '1s'")
        assert rows(session, "select token_hash from auth.claim_mails()") == [VICS]


async def test_settled_is_what_was_claimed_and_once(database: Database, owner: Connection) -> None:
    state = "select due_at > now(), claimed_at is not null, sent_at is not null from auth.mails where token_hash = %s"
    (mail,) = rows(owner, "select id from auth.mails where token_hash = %s", HERS)
    with psycopg.connect(database.auth, autocommit=True) as session:

        def settle(*, taken: bool) -> Any:
            session.execute("select auth.settle_mail(%s, %s)", [mail, taken])
            return rows(owner, state, HERS)[0]

        assert settle(taken=True) == (None, False, False), "not claimed"
        owner.execute("update auth.mails set claimed_at = now(), tries = 1")
        assert settle(taken=False) == (True, False, False)
        owner.execute("update auth.mails set claimed_at = now(), due_at = null")
        assert settle(taken=True) == (None, True, True)
        assert settle(taken=False) == (None, True, True), "sent stays sent"
    assert rows(owner, state, VICS) == [(None, True, False)], "another mail"
