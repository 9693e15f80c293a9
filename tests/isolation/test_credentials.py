"""A transaction bound to one address reaches the credentials of that address alone, by any role and statement."""

from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest

from db.transaction import address
from tests.isolation.session import bind, bound, outcome
from tests.people import World
from tests.policies.catalog import Connection, rows
from tests.server import Database

LATER = "update auth.credentials set email = 'stolen@example.com'"


def about(url: str, email: str, role: str = "app_auth") -> AbstractContextManager[psycopg.Connection[Any]]:
    """SQL in a transaction that signs this address in, rolled back."""
    return bound(url, address(email)._replace(role=role))


def of_alice(owner: Connection, world: World) -> str:
    """Her address; there are others."""
    found: str = rows(owner, "select email from auth.credentials where user_id = %s", world.alice.id)[0]
    assert rows(owner, "select count(*) > 3 from auth.credentials where email <> %s", found) == [True]
    return found


@pytest.mark.parametrize("role", ["app_auth", "app_owner"])
async def test_select_shows_one_address(world: World, database: Database, owner: Connection, role: str) -> None:
    email = of_alice(owner, world)
    with about(database.owner if role == "app_owner" else database.auth, email, role) as session:
        assert rows(session, "select email from auth.credentials") == [email]
    for nobody in ("", "nobody@example.com"):
        with about(database.owner if role == "app_owner" else database.auth, nobody, role) as session:
            assert outcome(session, "select email from auth.credentials") == 0


async def test_write_takes_the_function_that_signs_up(world: World, database: Database, owner: Connection) -> None:
    with about(database.auth, of_alice(owner, world)) as session:
        insert = "insert into auth.credentials (email, password_hash) values ('new@example.com', 'x')"
        for statement in (LATER, insert, "delete from auth.credentials", "select from auth.credentials for update"):
            assert outcome(session, statement) == "42501"


async def test_functions_write_one_address(world: World, database: Database, owner: Connection) -> None:
    """As app_owner, whose functions these are, and blindly."""
    email = of_alice(owner, world)
    insert = "insert into auth.credentials (email, password_hash) values ('{}', 'x')"
    with about(database.owner, email, "app_owner") as session:
        assert outcome(session, "update auth.credentials set password_hash = 'x'") == 1
        assert outcome(session, LATER) == "42501"
        assert outcome(session, "delete from auth.credentials") == 0
        assert outcome(session, insert.format("other@example.com")) == "42501"
    with about(database.owner, "new@example.com", "app_owner") as session:
        assert outcome(session, "update auth.credentials set password_hash = 'x'") == 0
        assert outcome(session, insert.format("new@example.com")) == "23503"  # no such person: it passed the policy


async def test_sign_up_of_a_known_address_changes_nothing(world: World, database: Database, owner: Connection) -> None:
    email = of_alice(owner, world)
    facts = "select password_hash, user_id, (select count(*) from app.users) from auth.credentials where email = %s"
    before = rows(owner, facts, email)
    with psycopg.connect(database.auth) as connection:
        bind(connection, address(email))
        connection.execute("select auth.sign_up('planted', 'planted')")
    assert rows(owner, facts, email) == before
