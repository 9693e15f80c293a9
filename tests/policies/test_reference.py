"""The pattern `reference`, which no table of ours has yet: every signed-in user reads, and no request writes."""

from uuid import uuid4

import psycopg
import pytest
from alembic_utils.replaceable_entity import ReplaceableEntity
from sqlalchemy import Column, MetaData, Table, Text

from policies import entities
from tests.isolation.session import acting, outcome
from tests.policies.catalog import rows
from tests.server import Database

CONTINENTS = Table(
    "continents",
    MetaData(),
    Column("code", Text, primary_key=True),
    schema="app",
    info={"access": "reference", "within": ("everybody",), "grants": [("app_user", "SELECT", ("code",))]},
)
WRITES = {
    "insert": "insert into app.continents (code) values ('xx')",
    "update": "update app.continents set code = 'xx'",
    "delete": "delete from app.continents",
    "lock": "select code from app.continents for update",
}


def of_table(entity: ReplaceableEntity) -> bool:
    """Whether this is access to the table, and not a function that is there already."""
    return "continents" in str(entity.to_sql_statement_create())


@pytest.fixture
def continents(own_database: Database) -> Database:
    """The table, made and filled as a migration would."""
    with psycopg.connect(own_database.owner) as connection:
        connection.execute("create table app.continents (code text primary key)")
        connection.execute("alter table app.continents owner to app_owner")
        connection.execute("insert into app.continents values ('at'), ('be')")
        for entity in filter(of_table, entities([CONTINENTS])):
            connection.execute(str(entity.to_sql_statement_create()).encode())
    return own_database


def test_select_gives_every_row_to_whoever_is_signed_in(continents: Database) -> None:
    with acting(continents.api, uuid4()) as connection:
        assert rows(connection, "select code from app.continents order by 1") == ["at", "be"]


def test_select_gives_nothing_without_an_identity(continents: Database) -> None:
    with psycopg.connect(continents.api) as connection:
        connection.execute("set local role app_user")
        assert rows(connection, "select code from app.continents") == []


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_request_cannot_write(continents: Database, write: str) -> None:
    with acting(continents.api, uuid4()) as connection:
        assert outcome(connection, write) == "42501"


@pytest.mark.parametrize("command", WRITES)
def test_request_cannot_write_even_where_a_grant_went_wrong(continents: Database, command: str) -> None:
    with psycopg.connect(continents.owner) as connection:
        connection.execute("grant insert, update, delete on app.continents to app_user")
    with acting(continents.api, uuid4()) as connection:
        assert outcome(connection, WRITES[command]) == ("42501" if command == "insert" else 0)
    with psycopg.connect(continents.owner) as connection:
        assert rows(connection, "select count(*) from app.continents where code <> 'xx'") == [2]


@pytest.mark.parametrize("command", WRITES)
def test_request_cannot_write_even_where_a_policy_went_wrong_too(continents: Database, command: str) -> None:
    """The fence lets nobody write, whatever another policy says."""
    with psycopg.connect(continents.owner) as connection:
        connection.execute("grant insert, update, delete on app.continents to app_user")
        connection.execute("create policy loose on app.continents to app_user using (true) with check (true)")
    with acting(continents.api, uuid4()) as connection:
        expected = {"delete": 0, "lock": 2}.get(command, "42501")
        assert outcome(connection, WRITES[command]) == expected
    with psycopg.connect(continents.owner) as connection:
        assert rows(connection, "select count(*) from app.continents where code <> 'xx'") == [2]
