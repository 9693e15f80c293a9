"""What each role and person reaches on each table is what was written down, by policies alone: no grant, trigger or key helps.

`make reach` writes it anew; the difference is what a change of policies means.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db.models import metadata
from tests.isolation.attacks import TABLES
from tests.isolation.reach import auth
from tests.isolation.reach.calls import PAGE, called
from tests.isolation.reach.cells import PEOPLE, ROLES, Cells, reached
from tests.isolation.reach.page import read, rewrite
from tests.people import World
from tests.server import Database

pytestmark = pytest.mark.broad
Record = Callable[[str, object], None]
WRITTEN = Path(__file__).with_name("reach")


@pytest.fixture(scope="module")
def looked(world: World, owner: psycopg.Connection[Any]) -> Iterator[None]:
    """The superuser has a live look at everybody, as app_viewer needs."""
    look = "insert into app.looks (who, whom, why, until) values (session_user, %s, 'reach', now() + interval '1 hour')"
    for name in PEOPLE:
        owner.execute(look, [world.person(name).id])
    yield
    owner.execute("set session_replication_role = replica")  # past the trigger that keeps looks
    owner.execute("delete from app.looks where why = 'reach'")
    owner.execute("reset session_replication_role")


@pytest.mark.usefixtures("looked")
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", TABLES)
async def test_role_reaches_what_was_written_down(
    world: World, database: Database, record_property: Record, table: str, role: str
) -> None:
    compare(f"app.{table}", role, reached(world, database, table, role), record_property)


@pytest.mark.parametrize("role", ["app_user", "app_owner", "app_auth", "app_inspector"])
@pytest.mark.parametrize("table", auth.CHANGES)
async def test_sign_in_reaches_what_was_written_down(
    database: Database, record_property: Record, table: str, role: str
) -> None:
    compare(f"auth.{table}", role, auth.reached(database, table, role), record_property)


def compare(table: str, role: str, found: Cells, record_property: Record) -> None:
    """With the table's page; what differs is told cell by cell."""
    page = WRITTEN / f"{table}.txt"
    rewrite(page, role, found)
    written: Cells = read(page).get(role, {})
    differs = [
        f"{attempt} by {who}: {written.get((attempt, who))} → {found.get((attempt, who))}"
        for attempt, who in {**written, **found}
        if written.get((attempt, who)) != found.get((attempt, who))
    ]
    record_property("differs", frozenset(differs))
    assert not differs, f"`make reach` writes what {role} reaches on {table} now: read the difference"


def test_every_table_is_tried() -> None:
    assert {f"auth.{table}" for table in auth.CHANGES} | {f"app.{table}" for table in TABLES} == set(metadata.tables)


def test_calls_do_what_was_written_down(database: Database, record_property: Record) -> None:
    """A call that is added to the page gets its outcome by `make reach`."""
    written, found = PAGE.read_text(), list(called(database))
    if os.environ.get("REACH") == "write":
        written = "".join(found)
        PAGE.write_text(written)
    differs = [each for each in found if each not in written]
    record_property("differs", frozenset(differs))
    assert "".join(found) == written, "`make reach` writes what calls do now: read the difference"
