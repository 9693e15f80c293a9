"""Functions that keep sign-ins alive reach the one session that their transaction is bound to, or the one person's."""

from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import psycopg
import pytest

from db.seal import Identity
from tests.isolation.session import acting, bound, outcome
from tests.people import World
from tests.policies.catalog import Connection, rows
from tests.server import Database

TOKEN = "insert into auth.refresh_tokens (owner_id, session_id, token_hash) values ('{}', '{}', sha256('new'))"


def about(url: str, session_id: UUID) -> AbstractContextManager[psycopg.Connection[Any]]:
    """SQL as app_owner in a transaction about this session, rolled back."""
    return bound(url, Identity("app_owner", "auth.session", str(session_id)))


@pytest.fixture
async def sessions(world: World, owner: Connection) -> dict[str, UUID]:
    """Alice's and vic's, with a token each that was used long ago."""
    made = {}
    for who in (world.alice, world.vic):
        made[who.name] = rows(owner, "insert into app.sessions (owner_id) values (%s) returning id", who.id)[0]
        owner.execute(
            "insert into auth.refresh_tokens (owner_id, session_id, token_hash, used_at) "
            "values (%s, %s, sha256('x'), now() - interval '8 days')",
            [who.id, made[who.name]],
        )
    return made


async def test_bound_session_reaches_itself_alone(world: World, database: Database, sessions: dict[str, UUID]) -> None:
    """Blindly, as app_owner, whose functions these are."""
    vics = TOKEN.format(world.vic.id, sessions["vic"])
    with about(database.owner, sessions["alice"]) as session:
        assert outcome(session, "select from app.sessions") == 1
        assert outcome(session, "select from auth.refresh_tokens") == 1
        assert outcome(session, "update app.sessions set used_at = now()") == 1
        assert outcome(session, "update auth.refresh_tokens set created_at = now()") == 1
        assert outcome(session, f"update app.sessions set id = '{UUID(int=1)}'") == "42501"
        assert outcome(session, f"update auth.refresh_tokens set session_id = '{sessions['vic']}'") == "42501"
        assert outcome(session, vics) == "42501"
        assert outcome(session, TOKEN.format(world.alice.id, sessions["alice"])) == 1
        assert outcome(session, "delete from auth.refresh_tokens") == 1, "the old one, not the new"
        assert outcome(session, "delete from app.sessions") == 1
        assert outcome(session, f"insert into app.sessions (owner_id) values ('{world.alice.id}')") == "42501"


async def test_bound_person_ends_their_sessions_and_renews_none(
    world: World, database: Database, owner: Connection, sessions: dict[str, UUID]
) -> None:
    mine = rows(owner, "select count(*) from app.sessions where owner_id = %s", world.alice.id)[0]
    with acting(database.owner, world.alice.id, "app_owner") as session:
        assert outcome(session, "select from app.sessions") == mine
        assert outcome(session, "select from auth.refresh_tokens") == 0
        assert outcome(session, "update app.sessions set used_at = now()") == 0
        assert outcome(session, "update auth.refresh_tokens set created_at = now()") == 0
        assert outcome(session, "delete from auth.refresh_tokens") == 0
        assert outcome(session, TOKEN.format(world.vic.id, sessions["vic"])) == "42501"
        assert outcome(session, f"insert into app.sessions (owner_id) values ('{world.vic.id}')") == "42501"
        assert outcome(session, f"insert into app.sessions (owner_id) values ('{world.alice.id}')") == 1
        assert outcome(session, "delete from app.sessions") == mine + 1


async def test_revocation_is_of_the_past_and_stays(world: World, database: Database, owner: Connection) -> None:
    ended = "insert into auth.revocations (session_id, created_at) values (gen_random_uuid(), now() + interval '{}')"
    owner.execute(ended.format("1 hour").encode())
    owner.execute(ended.format("-1 hour").encode())
    owner.execute(ended.format("-3 days").encode())
    with acting(database.owner, world.alice.id, "app_owner") as session:
        past = rows(owner, "select count(*) from auth.revocations where created_at <= now()")[0]
        assert outcome(session, "select from auth.revocations") == past
        assert outcome(session, ended.format("1 hour")) == "42501"
        assert outcome(session, ended.format("-1 hour")) == 1
        assert outcome(session, "update auth.revocations set created_at = created_at") == past + 1
        assert outcome(session, "update auth.revocations set created_at = now() + interval '1 hour'") == "42501"
        assert outcome(session, "delete from auth.revocations") == 1
    owner.execute("delete from auth.revocations where created_at > now()")


async def test_request_reaches_no_token_and_no_revocation(world: World, database: Database) -> None:
    for table in ("auth.refresh_tokens", "auth.revocations"):
        for role in ("app_user", "app_trash"):
            with acting(database.api, world.alice.id, role) as session:
                assert outcome(session, f"select from {table}") == "42501"
        with acting(database.auth, world.alice.id, "app_auth") as session:
            assert outcome(session, f"select from {table}") == "42501"
