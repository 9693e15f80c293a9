"""A transaction bound to one subject of a provider reaches that subject alone; a person reads their own; nobody else any."""

from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from db.transaction import subject
from tests.isolation.session import acting, bind, bound, outcome
from tests.people import World
from tests.policies.catalog import Connection, rows
from tests.server import Database

ISSUER = "https://issuer.example.com"
ARRIVE = "select * from auth.arrive('Somebody', now())"


def about(
    url: str, name: str, role: str = "app_owner", issuer: str = ISSUER
) -> AbstractContextManager[psycopg.Connection[Any]]:
    """SQL in a transaction about this subject, rolled back."""
    return bound(url, subject(issuer, name)._replace(role=role))


@pytest.fixture
def names(database: Database, owner: Connection) -> dict[str, UUID]:
    """Two subjects of one issuer, and one of them at another, each a person; answers the first two."""
    made: dict[str, UUID] = {}
    first, second = uuid4().hex, uuid4().hex
    for issuer, name in ((ISSUER, first), (ISSUER, second), ("https://other.example.com", first)):
        with psycopg.connect(database.auth) as connection:
            bind(connection, subject(issuer, name))
            found = connection.execute(ARRIVE).fetchone()
            assert found is not None
            made.setdefault(name, found[1])
    assert rows(owner, "select count(distinct user_id) from auth.subjects where subject in (%s, %s)", first, second) == [3]
    return made


async def test_bound_subject_reaches_itself_alone(database: Database, names: dict[str, UUID]) -> None:
    """Blindly, as app_owner, whose functions these are."""
    mine, other = names
    insert = "insert into auth.subjects (id, user_id, issuer, subject) values ('{}', '{}', '{}', '{}')"
    with about(database.owner, mine) as session:
        assert rows(session, "select subject from auth.subjects") == [mine]
        assert outcome(session, "update auth.subjects set disabled_at = now()") == 1
        assert outcome(session, f"update auth.subjects set subject = '{other}x'") == "42501"
        assert outcome(session, "update auth.subjects set issuer = 'https://other.example.com/'") == "42501"
        assert outcome(session, "delete from auth.subjects") == 0
        planted = insert.format(uuid4(), names[mine], ISSUER, "planted")
        assert outcome(session, planted) == "42501"
    with about(database.owner, "new one") as session:
        assert outcome(session, "select from auth.subjects") == 0
        assert outcome(session, insert.format(uuid4(), names[mine], "https://other.example.com", "new one")) == "42501"
        assert outcome(session, insert.format(uuid4(), names[mine], ISSUER, "new one")) == 1


async def test_person_reads_their_own_subject_and_no_more(world: World, database: Database, names: dict[str, UUID]) -> None:
    mine, _ = names
    with acting(database.auth, names[mine], "app_auth") as session:
        assert rows(session, "select subject from auth.subjects") == [mine]
        for statement in ("select id from auth.subjects", "delete from auth.subjects", "update auth.subjects set issuer = ''"):
            assert outcome(session, statement) == "42501"
    with acting(database.auth, world.alice.id, "app_auth") as session:
        assert outcome(session, "select issuer from auth.subjects") == 0
    for role in ("app_user", "app_trash"):
        with acting(database.api, names[mine], role) as session:
            assert outcome(session, "select from auth.subjects") == "42501"


async def test_arriving_takes_a_subject(database: Database, owner: Connection) -> None:
    """Nobody comes from nowhere, and an address is no subject."""
    before = rows(owner, "select count(*) from app.users")
    with psycopg.connect(database.auth, autocommit=True) as connection:
        connection.execute("begin")
        assert outcome(connection, ARRIVE) == 0
        connection.execute("rollback")
    assert rows(owner, "select count(*) from app.users") == before


async def test_subject_with_a_blank_is_no_other_issuers(database: Database) -> None:
    with about(database.owner, "b c", issuer="https://a.example.com") as session:
        found = rows(session, "select array[auth.current_issuer(), auth.current_subject()]")
    assert found == [["https://a.example.com", "b c"]]


async def test_ended_subject_comes_back_with_nothing_made_before(database: Database, owner: Connection) -> None:
    name = uuid4().hex
    issued = int(datetime.now(UTC).timestamp()) - 1
    arrive = f"select * from auth.arrive('Somebody', to_timestamp({issued}))"
    with psycopg.connect(database.auth, autocommit=True) as connection:

        def arrived(statement: str) -> int | str:
            connection.execute("begin")
            bind(connection, subject(ISSUER, name))
            found = outcome(connection, statement)
            connection.execute("commit")
            return found

        assert arrived(arrive) == 1
        owner.execute("delete from app.users where id = (select user_id from auth.subjects where subject = %s)", [name])
        assert arrived(arrive) == 0
        assert rows(owner, "select count(*) from auth.subjects where subject = %s", name) == [0]
        assert arrived("select * from auth.arrive('Somebody', now() + interval '1 second')") == 1
        owner.execute("update auth.subjects set disabled_at = now() where subject = %s", [name])
        assert arrived("select * from auth.arrive('Somebody', now() + interval '1 second')") == 0
