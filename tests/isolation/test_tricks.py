"""Tricks of somebody who has SQL in the API's session, under their own identity: each was seen to work once."""

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest

from db.transaction import person
from tests.isolation.conftest import Hire, only_owner
from tests.isolation.session import acting, bind, outcome
from tests.people import Person, World
from tests.samples import MODELS
from tests.server import Database

Founder = tuple[Person, str]
# It reads a column, so that Postgres runs it behind the policies whatever the plan; a bare constant may come before them.
DROP_IDENTITY = "set_config('app.current_user_id', left(id::text, 0), true)"


async def members(founder: Founder) -> list[str]:
    """Who belongs to the workspace, by role."""
    rows = (await founder[0].call("GET", f"/v1/memberships?workspace_id={founder[1]}")).json()["items"]
    return sorted(row["role"] for row in rows)


@pytest.mark.parametrize("verb", ["delete from app.memberships", "update app.memberships set role = 'viewer'"])
async def test_dropping_the_identity_in_mid_statement_passes_no_guard(
    founder: Founder, hire: Hire, database: Database, verb: str
) -> None:
    """Policies read the identity before the first row; the guard must not take a missing one for work by hand. Where the
    planner lets a policy come later, it finds nobody.
    """
    viewer = (await hire("viewer"))[0]
    with acting(database.api, viewer.id, commit=True) as session:
        dropped = f"{verb} where workspace_id = '{founder[1]}' and {DROP_IDENTITY} is not null"
        assert outcome(session, dropped) in {"42501", 0}
    assert await members(founder) == ["owner", "viewer"]


PARENTS = {
    parent
    for model in MODELS.values()
    for parent in model.__parents__.values()
    if {"deleted_at"} <= model.model_fields.keys() & MODELS[parent].model_fields.keys()
}


@pytest.mark.parametrize("parent", sorted(PARENTS))
async def test_dropping_the_identity_in_returning_leaves_no_child_behind(world: World, database: Database, parent: str) -> None:
    blind = f"update app.{parent} set deleted_at = now() where id = '{world.live[parent]}'"
    with acting(database.api, world.alice.id, "app_trash") as session:
        for lost in (DROP_IDENTITY, "set_config('app.current_scope', 'read:', true)"):
            assert outcome(session, f"{blind} returning {lost}") == "42501"
        assert outcome(session, blind) == 1


OLD = {
    "give a role": ("app_user", "update app.memberships set role = 'owner'"),
    "leave": ("app_user", "delete from app.memberships"),
    "change": ("app_user", "update app.projects set name = 'x'"),
    "bin": ("app_trash", "update app.projects set deleted_at = now()"),
    "add": ("app_user", "insert into app.projects (workspace_id, name) values ('{workspace}', 'x')"),
    "invite": ("app_user", "insert into app.invitations (workspace_id, token_hash) values ('{workspace}', sha256('x'))"),
}


@pytest.mark.parametrize("isolation", ["repeatable read", "serializable"])
@pytest.mark.parametrize("what", OLD)
async def test_older_snapshot_writes_nothing(founder: Founder, database: Database, what: str, isolation: str) -> None:
    """It still shows roles that were taken away since; reading it is harmless where nothing can be written."""
    await founder[0].made("/v1/projects", workspace_id=founder[1], name="p")
    role, statement = OLD[what]
    for mode, expected in (("read write", "0A000"), ("read only", {"25006", "0A000"})):
        with psycopg.connect(database.api, autocommit=True) as session:
            session.execute(f"begin isolation level {isolation}, {mode}".encode())
            bind(session, person(founder[0].id, role))
            assert outcome(session, statement.format(workspace=founder[1])) in expected
            read = outcome(session, "select from app.projects")
            assert read == ("0A000" if mode == "read write" else 1)


async def test_role_that_is_being_taken_away_gives_none(founder: Founder, hire: Hire, database: Database) -> None:
    """Two owners demote each other at once: one was still an owner, the other no longer."""
    other, theirs = await hire("owner")
    await hire("owner")
    mine = await only_owner(founder)

    def demote(who: UUID, membership: UUID) -> str | int:
        with acting(database.api, who, commit=True) as session:
            done = outcome(session, f"update app.memberships set role = 'viewer' where id = '{membership}'")
            session.execute("select pg_sleep(0.2)")
            return done

    answers = await asyncio.gather(asyncio.to_thread(demote, founder[0].id, theirs), asyncio.to_thread(demote, other.id, mine))
    done, refused = sorted(map(str, answers))
    assert done == "1"
    assert refused in {"40P01", "42501"}


async def test_viewer_cannot_tell_whether_the_bin_is_empty(founder: Founder, hire: Hire, database: Database) -> None:
    viewer = (await hire("viewer"))[0]
    answers = []
    for _ in range(2):
        with acting(database.api, viewer.id, "app_trash") as session:
            answers.append(outcome(session, "update app.projects set deleted_at = now()"))
        project = (await founder[0].made("/v1/projects", workspace_id=founder[1], name="p"))["id"]
        assert (await founder[0].call("DELETE", f"/v1/projects/{project}")).status_code == 204
    assert answers == [0, 0]


async def test_waiting_does_not_keep_an_invitation_open(
    founder: Founder, hire: Hire, database: Database, owner: psycopg.Connection[Any]
) -> None:
    guest = (await hire("viewer"))[0]
    made = await founder[0].made("/v1/invitations", workspace_id=founder[1], role="viewer")
    with acting(database.api, guest.id) as session:
        owner.execute("update app.invitations set expires_at = clock_timestamp() where id = %s", [made["id"]])
        accept = f"select * from app.accept_invitation('{made['id']}', '{made['token'].partition('.')[2]}')"
        assert outcome(session, accept) == "P0002"


async def test_explain_does_not_know_what_others_wrote(
    world: World, database: Database, owner: psycopg.Connection[Any]
) -> None:
    """Planner statistics are made from everybody's rows, and an estimate is an answer."""
    owner.execute(
        "insert into app.notes (owner_id, title) select %s, 'merger with Initech' from generate_series(1, 500)",
        [world.alice.id],
    )
    owner.execute("analyze app.notes")
    with acting(database.api, world.mallory.id) as session:
        explained = [
            session.execute(f"explain select from app.notes where title = '{title}'".encode()).fetchall()
            for title in ("merger with Initech", "merger with Initrode")
        ]
    owner.execute("delete from app.notes where title = 'merger with Initech'")
    assert str(explained[0]).replace("Initech", "") == str(explained[1]).replace("Initrode", "")


@pytest.mark.parametrize("day", ["infinity", "-infinity", "10000-01-01", "0001-01-01 BC"])
async def test_date_that_python_cannot_read_hides_no_list(world: World, database: Database, day: str) -> None:
    values = f"'{world.workspace}', '{world.live['projects']}', 't', '{day}'"
    with acting(database.api, world.erin.id, commit=True) as session:
        insert = f"insert into app.tasks (workspace_id, project_id, title, due_on) values ({values})"
        assert outcome(session, insert) == "23514"
    assert (await world.vic.call("GET", f"/v1/tasks?workspace_id={world.workspace}")).status_code == 200
