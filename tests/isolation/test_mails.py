"""Mails: a token, an address and a person each reach their own; the sender reaches what is due, and nobody else anything."""

from hashlib import sha256
from uuid import uuid4

import pytest

from db.seal import Identity
from db.transaction import address, person, token
from tests.isolation.mailbox import HERS, INSERT, email, two_mails
from tests.isolation.session import acting, bound, outcome
from tests.people import World
from tests.policies.catalog import Connection, rows
from tests.server import Database

ALL = "select from auth.mails"


@pytest.fixture(autouse=True)
def mails(world: World, owner: Connection) -> None:
    """Two of them."""
    two_mails(world, owner)


def as_owner(identity: Identity) -> Identity:
    return identity._replace(role="app_owner")


async def test_token_reaches_its_mail_and_its_person(world: World, database: Database, owner: Connection) -> None:
    """Blindly, as app_owner, whose functions these are."""
    with bound(database.owner, as_owner(token(HERS))) as session:
        assert rows(session, "select user_id from auth.mails") == [world.alice.id]
        assert rows(session, "select user_id from auth.credentials") == [world.alice.id]
        assert outcome(session, "update auth.mails set created_at = now()") == 0
        assert outcome(session, INSERT.format(uuid4(), "x@example.com", f"'{world.alice.id}'")) == 1
        assert outcome(session, INSERT.format(uuid4(), "x@example.com", f"'{world.vic.id}'")) == "42501"
        assert outcome(session, "update auth.credentials set updated_at = now()") == 1
        assert outcome(session, f"update auth.credentials set user_id = '{world.mallory.id}'") == "42501"
        assert outcome(session, "delete from auth.credentials") == 0
        assert outcome(session, "delete from auth.mails") == 1
        assert outcome(session, "select from auth.credentials") == 0, "the token is gone"
        again = INSERT.format(uuid4(), "x@example.com", f"'{world.vic.id}'").replace("user_id)", "user_id, token_hash)")
        assert outcome(session, f"{again[:-1]}, '\\x{HERS.hex()}')") == "42501", "and makes no other"
    owner.execute("update auth.mails set expires_at = now() - interval '1 second' where token_hash = %s", [HERS])
    for other in (HERS, sha256(b"none").digest()):
        with bound(database.owner, as_owner(token(other))) as session:
            assert outcome(session, "select from auth.credentials") == 0


async def test_address_and_person_reach_their_own(world: World, database: Database, owner: Connection) -> None:
    hers, vics = (email(owner, who.id) for who in (world.alice, world.vic))
    for identity in (address(hers), person(world.alice.id, "app_auth")):
        with bound(database.owner, as_owner(identity)) as session:
            assert rows(session, "select user_id from auth.mails") == [world.alice.id]
            assert outcome(session, "update auth.mails set created_at = now()") == 0
            assert outcome(session, "delete from auth.mails") == 0
            assert outcome(session, INSERT.format(uuid4(), vics, f"'{world.vic.id}'")) == "42501"
            assert outcome(session, INSERT.format(uuid4(), hers, f"'{world.alice.id}'")) == 1
    with bound(database.owner, as_owner(address("nobody@example.com"))) as session:
        assert outcome(session, ALL) == 0


async def test_sender_reaches_what_is_due_claimed_or_old(database: Database, owner: Connection) -> None:
    unbound = Identity("app_owner", "auth.email", "")
    for change, seen, changed, deleted in (
        ("due_at = now() + interval '1 hour'", 1, 1, 0),
        ("due_at = null, claimed_at = now()", 1, 1, 0),
        ("claimed_at = null, expires_at = now() - interval '1 second'", 1, 0, 1),
    ):
        owner.execute(f"update auth.mails set {change} where token_hash = %s".encode(), [HERS])
        with bound(database.owner, unbound) as session:
            assert outcome(session, ALL) == seen
            assert outcome(session, "update auth.mails set tries = 1") == changed
            assert outcome(session, "update auth.mails set due_at = null, claimed_at = null") in {0, "42501"}
            assert outcome(session, "delete from auth.mails") == deleted


async def test_nobody_reads_or_writes_mails(world: World, database: Database, owner: Connection) -> None:
    """Where a grant is missing, and where only a policy is."""
    owner.execute("update auth.mails set due_at = now()")
    for identity in (token(HERS), address(email(owner, world.alice.id)), person(world.alice.id, "app_auth")):
        with bound(database.auth, identity) as session:
            for statement in (ALL, "update auth.mails set tries = 1", "delete from auth.mails",
                              "update auth.credentials set updated_at = now()",
                              INSERT.format(uuid4(), email(owner, world.alice.id), f"'{world.alice.id}'")):  # fmt: skip
                assert outcome(session, statement) in {0, "42501"}


async def test_no_request_reads_mails_or_calls_for_them(world: World, database: Database) -> None:
    with acting(database.api, world.alice.id) as session:
        for statement in (ALL, "select auth.claim_mails()", "select auth.reset_password('x')", "select auth.mailed()"):
            assert outcome(session, statement) == "42501"
    with bound(database.auth, token(HERS)) as session:
        for statement in (ALL, "select auth.write_mail('reset', gen_random_uuid(), sha256('x'))"):
            assert outcome(session, statement) == "42501"
