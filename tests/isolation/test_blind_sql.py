"""A stranger with SQL in the API's own session reads and changes nothing of anybody's, on any table, by any command."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from db.models import metadata
from tests.isolation.attacks import EVERY_ROW, TABLES, Attack, Ids, attacks, constant, granted, identifies
from tests.isolation.session import acting, outcome
from tests.people import World
from tests.server import Database

EVERY = [
    pytest.param(table, attack, id=f"{table}-{attack.role}-{attack.name}") for table in TABLES for attack in attacks(table)
]


def fingerprint(owner: psycopg.Connection[Any], table: str) -> Any:
    """The whole table, as its owner's truth."""
    return owner.execute(f"select count(*), md5(string_agg(t::text, '|' order by id)) from app.{table} t").fetchone()


def known(world: World, table: str) -> Ids:
    """What a stranger may have learned."""
    return Ids(world.live[table], UUID(world.workspace), world.mallory.id, world.alice.id)


@pytest.mark.parametrize("table", TABLES)
async def test_the_row_that_is_denied_exists(world: World, owner: psycopg.Connection[Any], table: str) -> None:
    assert owner.execute(f"select from app.{table} where id = %s", [world.live[table]]).rowcount == 1


@pytest.mark.parametrize(("table", "attack"), EVERY)
async def test_stranger_gets_nothing(
    world: World, database: Database, owner: psycopg.Connection[Any], table: str, attack: Attack
) -> None:
    before = fingerprint(owner, table)
    statement = attack.sql.format(**known(world, table)._asdict())
    with acting(database.api, world.mallory.id, attack.role, commit=table != "users") as session:
        assert outcome(session, statement) == (before[0] if attack.expected == EVERY_ROW else attack.expected)
    assert fingerprint(owner, table) == before


@pytest.mark.parametrize("table", TABLES)
async def test_nobody_gets_nothing(database: Database, table: str) -> None:
    """Without an identity app_user sees no row at all."""
    with psycopg.connect(database.api) as connection:
        connection.execute("set local role app_user")
        assert outcome(connection, f"select * from app.{table}") == 0


@pytest.mark.parametrize("table", TABLES)
async def test_the_login_by_itself_is_refused(database: Database, table: str) -> None:
    with psycopg.connect(database.api) as connection:
        assert outcome(connection, f"select from app.{table}") == "42501"


@pytest.mark.parametrize("table", TABLES)
async def test_owner_can_what_strangers_cannot(world: World, database: Database, table: str) -> None:
    """The positive twin: the same statements, by the row's owner, find the very row."""
    shape = metadata.tables[f"app.{table}"]
    row, by_key = world.live[table], f"where id = '{world.live[table]}'"
    with acting(database.api, world.alice.id) as session:
        assert outcome(session, f"select * from app.{table} {by_key}") == 1
        for column in granted(shape, "app_user", "UPDATE") or ():
            # What belongs together stays together: the same value is an update all the same.
            value = column if identifies(shape, column) or table == "memberships" else constant(shape, column)
            assert outcome(session, f"update app.{table} set {column} = {value} {by_key}") == 1
            assert outcome(session, f"select id from app.{table} {by_key} for update") == 1
    if granted(shape, "app_trash", "UPDATE"):
        with acting(database.api, world.alice.id, "app_trash") as session:
            assert outcome(session, f"update app.{table} set deleted_at = now() {by_key}") == 1
            assert outcome(session, f"update app.{table} set deleted_at = null {by_key}") == 1
    if granted(shape, "app_user", "DELETE") is not None and table != "memberships":
        with acting(database.api, world.alice.id) as session:
            assert outcome(session, f"delete from app.{table} where id = '{row}'") == 1
