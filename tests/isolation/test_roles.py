"""Becoming another role in a bound session shows nobody more than their own identity did."""

import psycopg
import pytest

from tests.isolation.session import acting, outcome
from tests.people import World
from tests.samples import ISOLATED
from tests.sealing import seal
from tests.server import Database

REFUSED = ["app_owner", "app_auth", "app_auditor", "app_inspector", "app_seal", "app_viewer", "postgres", "pg_read_all_data"]
BECOMES = ["app_user", "app_guest", "app_trash"]
WAYS = ["set role {role}", "set local role {role}", "select set_config('role', '{role}', true)"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", REFUSED)
async def test_no_request_becomes(world: World, database: Database, role: str, way: str) -> None:
    for now in ("app_user", "app_guest", "app_trash"):
        with acting(database.api, world.mallory.id, now) as session:
            assert outcome(session, way.format(role=role)) in {"42501", "22023"}  # refused, or not there to be had


@pytest.mark.parametrize("way", ["set session authorization app_owner", "set local row_security = off; set role app_owner"])
async def test_no_session_becomes_the_owner(world: World, database: Database, way: str) -> None:
    with acting(database.api, world.mallory.id) as session:
        assert outcome(session, way) == "42501"


@pytest.mark.parametrize("role", [*BECOMES, "none"])
@pytest.mark.parametrize("table", ISOLATED)
async def test_another_role_shows_no_row_of_others(world: World, database: Database, table: str, role: str) -> None:
    """What a login may become is still the same person, or nobody; the row's owner finds it as app_user."""
    with acting(database.api, world.mallory.id) as session:
        found = f"set local role {role}; select from app.{table} where id = '{world.live[table]}'"
        assert outcome(session, found) in (
            {"28000" if seal() else 0, "42501"}
            if role in {"app_guest", "app_trash"}
            else {"42501"}
            if role != "app_user"
            else {0}
        )
    with acting(database.api, world.alice.id) as session:
        assert outcome(session, f"select from app.{table} where id = '{world.live[table]}'") == 1


@pytest.mark.parametrize("role", ["app_user", "app_guest", "app_trash"])
async def test_drop_owned_takes_no_grant_from_everybody(world: World, own_database: Database, role: str) -> None:
    """A role that drops what it was given would stop the service for all; only who granted it takes it back."""
    many = "select cardinality(differences) from audit.state()"
    with psycopg.connect(own_database.owner, autocommit=True) as owner:
        before = owner.execute(many).fetchone()
        with acting(own_database.api, world.mallory.id, role, commit=True) as session:
            assert outcome(session, "drop owned by current_user") == "42501"
        assert owner.execute(many).fetchone() == before
        owner.execute(f"revoke select (id) on app.notes from {role}".encode())
        assert owner.execute(many).fetchone() != before, "a lost grant is seen"
