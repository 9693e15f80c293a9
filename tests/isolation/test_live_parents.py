"""A trigger as app_owner is told of a new row's parent whether it is live, and tells nobody more than they may see."""

from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from db.models import metadata
from tests.isolation import sealed as made
from tests.isolation.attacks import granted
from tests.isolation.sealed import KEY, SETTING, USER, Claim, Sealed, put
from tests.isolation.session import outcome
from tests.isolation.test_claimed import INSERTS, refusal
from tests.samples import MODELS, literal, sample

PARENTS = sorted({parent for model in MODELS.values() for parent in model.__parents__.values()})
# Of what INSERTS writes.
PARENT = {"projects": "workspaces", "tasks": "projects", "comments": "tasks", "invitations": "workspaces"}


@pytest.fixture(scope="module")
def sealed() -> Iterator[Sealed]:
    with made.made() as found:
        yield found


@pytest.mark.parametrize("parent", PARENTS)
def test_app_owner_sees_no_parent_outside_a_trigger(sealed: Sealed, parent: str) -> None:
    assert sealed.owner.execute(f"select from app.{parent} where deleted_at is null".encode()).rowcount > 0
    with sealed.owner.transaction(force_rollback=True):
        sealed.owner.execute("set local role app_owner")
        for command in ("select from app.{}", "select from app.{} for share", "update app.{} set deleted_at = now()"):
            assert outcome(sealed.owner, command.format(parent)) == 0


def plant(owner: psycopg.Connection[Any], security: str) -> None:
    """A table with a trigger that runs what is inserted, and says how many rows that found."""
    owner.execute(
        f"""
        create table app.planted (command text, found integer);
        grant select, insert on app.planted to app_owner, app_user;
        create function app.planted() returns trigger language plpgsql security {security} as $$
          begin execute new.command; get diagnostics new.found = row_count; return new; end $$;
        alter function app.planted() owner to app_owner;
        create trigger planted before insert on app.planted for each row execute function app.planted()""".encode()
    )


def within(owner: psycopg.Connection[Any], command: str) -> str | int:
    """How many rows a command finds in the planted trigger, or the SQLSTATE of its refusal."""
    try:
        with owner.transaction():
            row = owner.execute("insert into app.planted values (%s) returning found", [command]).fetchone()
    except psycopg.Error as error:
        return error.sqlstate or ""
    return int(row[0]) if row else ""


@pytest.mark.parametrize("parent", PARENTS)
def test_no_trigger_changes_a_parent_as_app_owner(sealed: Sealed, parent: str) -> None:
    """One is planted that would; it sees every row, and may hold it."""
    owner, there = sealed.owner, sealed.owner.execute(f"select from app.{parent}".encode()).rowcount
    assert there > 0
    with owner.transaction(force_rollback=True):
        plant(owner, "definer")
        assert within(owner, f"select from app.{parent} for share") == there
        assert within(owner, f"delete from app.{parent}") == 0
        change = f"update app.{parent} set version = version"
        assert within(owner, change) == "42501"
        owner.execute(f"alter policy hold_parent on app.{parent} with check (true)".encode())
        assert within(owner, change) == there, "nothing but the policy refused it"


@pytest.mark.parametrize("parent", PARENTS)
def test_no_trigger_shows_a_person_the_parents_of_others(sealed: Sealed, parent: str) -> None:
    """What lets app_owner in lets nobody in who asks in a trigger as themselves."""
    sealed.keys(KEY)
    table, commands = metadata.tables[f"app.{parent}"], [f"select from app.{parent}"]
    writable = [name for name in granted(table, "app_user", "UPDATE") or () if not table.c[name].foreign_keys]
    # Without reading a column, so that no policy for reading is asked.
    commands += [f"update app.{parent} set {name} = {literal(sample(MODELS[parent], name, {}))}" for name in writable]
    found = 0
    for who in (str(sealed.world.mallory.id), sealed.alice):
        with sealed.owner.transaction(force_rollback=True):
            plant(sealed.owner, "invoker")
            sealed.owner.execute("set local session authorization app_api")
            sealed.owner.execute("set local role app_user")
            sealed.owner.execute("select set_config(%s, %s, true)", [SETTING, who])
            put(sealed.owner, Claim(who, sealed.owner.info.backend_pid).seal)
            for command in commands:
                found = int(within(sealed.owner, command))
                assert found == outcome(sealed.owner, command)
    assert found > 0


@pytest.mark.parametrize("table", INSERTS)
def test_no_new_row_tells_an_unsealed_identity_whether_a_parent_is_live(sealed: Sealed, table: str) -> None:
    """The fence is asked first; to who may write there, a parent in the bin is like none."""
    live: dict[str, UUID | str] = {**sealed.world.live, "workspaces": sealed.world.workspace}
    parent = PARENT[table]
    for keys, returning in product(((), (KEY,)), ("", " returning id")):
        sealed.keys(*keys)
        said = []
        for which in (live[parent], sealed.world.binned.get(parent, uuid4()), uuid4()):
            with sealed.bound(USER, SETTING, sealed.alice) as session:
                said.append(refusal(session, INSERTS[table].format(**{**live, parent: which}) + returning))
        if keys:
            assert said[0] == said[1] == said[2] != ""
            assert said[0].startswith("28000") or "no identity" in said[0]
        else:
            assert said[0] == "" and said[1].startswith(("23503", "42501"))


@pytest.mark.parametrize("table", ["tasks", "comments"])
def test_a_parent_in_the_bin_is_refused_as_one_that_never_was(sealed: Sealed, table: str) -> None:
    sealed.keys(KEY)
    live = {**sealed.world.live, "workspaces": sealed.world.workspace}
    said = []
    with sealed.bound(USER, SETTING, sealed.alice) as session:
        put(session, Claim(sealed.alice, session.info.backend_pid).seal)
        assert outcome(session, INSERTS[table].format(**live)) == 1
        for which in (sealed.world.binned[PARENT[table]], uuid4()):
            try:
                with session.transaction():
                    session.execute(INSERTS[table].format(**{**live, PARENT[table]: which}).encode())
            except psycopg.errors.ForeignKeyViolation as error:
                said.append((error.diag.constraint_name, error.diag.table_name))
    assert said[0] == said[1]
    assert len(said) == 2
