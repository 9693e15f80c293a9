"""The bin: a parent takes its live children along, restoring brings back just those, and nothing grows under it."""

import asyncio
from typing import Any

import pytest

from db.models import metadata
from tests.isolation.attacks import constant, granted
from tests.isolation.session import acting, outcome
from tests.people import Person, World
from tests.samples import MODELS, at, literal, sample
from tests.server import Database

BINNABLE = [name for name, model in MODELS.items() if "deleted_at" in model.model_fields]


@pytest.fixture
async def tree(world: World) -> dict[str, list[str]]:
    """A project with two tasks of a comment each; erin wrote the comments, alice the rest."""
    alice, workspace = world.alice, world.workspace
    project = (await alice.made("/v1/projects", workspace_id=workspace, name="p"))["id"]
    tasks = [(await alice.made("/v1/tasks", workspace_id=workspace, project_id=project, title="t"))["id"] for _ in range(2)]
    comments = [(await world.erin.made("/v1/comments", workspace_id=workspace, task_id=task, body="c"))["id"] for task in tasks]
    return {"projects": [project], "tasks": tasks, "comments": comments}


async def live(who: Person, tree: dict[str, list[str]]) -> dict[str, list[bool]]:
    """Which rows of the tree are live."""
    return {name: [(await who.call("GET", f"{at(name)}/{id}")).status_code == 200 for id in ids] for name, ids in tree.items()}


async def test_binning_takes_children_and_restoring_brings_back_just_those(world: World, tree: dict[str, list[str]]) -> None:
    assert (await world.erin.call("DELETE", f"/v1/comments/{tree['comments'][0]}")).status_code == 204
    assert (await world.alice.call("DELETE", f"/v1/tasks/{tree['tasks'][1]}")).status_code == 204
    before = await live(world.vic, tree)
    assert before == {"projects": [True], "tasks": [True, False], "comments": [False, False]}
    assert (await world.alice.call("DELETE", f"/v1/projects/{tree['projects'][0]}")).status_code == 204
    assert await live(world.vic, tree) == {"projects": [False], "tasks": [False, False], "comments": [False, False]}
    assert (await world.alice.call("POST", f"/v1/projects/{tree['projects'][0]}/restore")).status_code == 200
    assert await live(world.vic, tree) == before
    assert (await world.alice.call("POST", f"/v1/tasks/{tree['tasks'][1]}/restore")).status_code == 200
    assert await live(world.vic, tree) == {"projects": [True], "tasks": [True, True], "comments": [False, True]}


async def test_binned_parent_takes_no_children(world: World, tree: dict[str, list[str]]) -> None:
    (project,), task = tree["projects"], tree["tasks"][0]
    elsewhere = str(world.live["tasks"])
    assert (await world.alice.call("DELETE", f"/v1/projects/{project}")).status_code == 204
    new = {"workspace_id": world.workspace, "project_id": project, "title": "t"}
    for answer in (
        await world.alice.call("POST", "/v1/tasks", new),
        await world.alice.call("PATCH", f"/v1/tasks/{elsewhere}", {"project_id": project}),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (404, "#/project_id")
    assert (await world.alice.call("POST", f"/v1/tasks/{task}/restore")).status_code == 409
    assert (await live(world.vic, tree))["tasks"] == [False, False]


async def test_child_born_while_its_parent_goes_is_not_left_behind(
    world: World, tree: dict[str, list[str]], database: Database, owner: Any
) -> None:
    """Either the child is refused, or the parent takes it along: never a live child of a binned parent."""
    project = tree["projects"][0]
    values = f"'{world.workspace}', '{project}', 'late'"
    insert = f"insert into app.tasks (workspace_id, project_id, title) values ({values}) returning id"

    def born(pause: float) -> str | int:
        with acting(database.api, world.alice.id, commit=True) as session:
            result = outcome(session, insert)
            session.execute("select pg_sleep(%s)", [pause])
            return result

    def gone(pause: float) -> str | int:
        with acting(database.api, world.alice.id, "app_trash", commit=True) as session:
            session.execute("select pg_sleep(%s)", [pause])
            return outcome(session, f"update app.projects set deleted_at = now() where id = '{project}'")

    assert list(await asyncio.gather(asyncio.to_thread(born, 0.3), asyncio.to_thread(gone, 0.1))) == [1, 1]
    left = owner.execute("select count(*) from app.tasks where project_id = %s and deleted_at is null", [project]).fetchone()
    assert left == (0,)


async def test_time_of_binning_is_the_databases(world: World, database: Database, owner: Any) -> None:
    note = (await world.alice.made("/v1/notes", title="n"))["id"]
    forged = f"update app.notes set deleted_at = '2001-01-01' where id = '{note}'"
    with acting(database.api, world.alice.id, "app_trash", commit=True) as session:
        assert outcome(session, forged) == 1
    with acting(database.api, world.alice.id, "app_trash", commit=True) as session:
        assert outcome(session, forged) == 1  # again: the first moment stays
    row = owner.execute(
        "select deleted_at > now() - interval '1 hour', deleted_at from app.notes where id = %s", [note]
    ).fetchone()
    assert row[0]


@pytest.mark.parametrize("who", ["alice", "adam", "vic", "erin"])
async def test_comment_changes_by_its_author_alone(world: World, tree: dict[str, list[str]], who: str) -> None:
    path = f"/v1/comments/{tree['comments'][0]}"
    person = world.person(who)
    answers = [await person.call("PATCH", path, {"body": "mine"}), await person.call("DELETE", path)]
    if who == "erin":
        assert [answer.status_code for answer in answers] == [200, 204]
        assert (await person.call("POST", f"{path}/restore")).status_code == 200
    else:
        needed = "editor" if who == "vic" else "author"
        assert {(answer.status_code, answer.json()["needed"]) for answer in answers} <= {(403, needed), (403, "author")}


async def test_row_points_into_no_other_workspace(world: World, tree: dict[str, list[str]]) -> None:
    """Not even by somebody who is a member of both: the key carries the tenant."""
    other = (await world.alice.made("/v1/workspaces", name="other"))["id"]
    theirs = (await world.alice.made("/v1/projects", workspace_id=other, name="p"))["id"]
    new = {"workspace_id": world.workspace, "project_id": theirs, "title": "t"}
    answer = await world.alice.call("POST", "/v1/tasks", new)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (404, "#/project_id")
    moved = await world.alice.call("PATCH", f"/v1/tasks/{tree['tasks'][0]}", {"project_id": theirs})
    assert moved.content == answer.content
    sibling = (await world.alice.made("/v1/projects", workspace_id=world.workspace, name="q"))["id"]
    assert (await world.alice.call("PATCH", f"/v1/tasks/{tree['tasks'][0]}", {"project_id": sibling})).status_code == 200


@pytest.mark.parametrize("name", BINNABLE)
async def test_blind_statement_moves_nothing_to_the_bin(world: World, database: Database, name: str) -> None:
    """By the rows' owner, without a WHERE, so that only the command's own policies and grants stand in the way."""
    columns = granted(metadata.tables[f"app.{name}"], "app_user", "INSERT") or ()
    values = {column: literal(sample(MODELS[name], column, world.live)) for column in columns} | {"deleted_at": "now()"}
    with acting(database.api, world.alice.id) as session:
        assert outcome(session, f"update app.{name} set deleted_at = now()") == "42501"
        insert = f"insert into app.{name} ({', '.join(values)}) values ({', '.join(values.values())})"
        assert outcome(session, insert) == "42501"
        assert outcome(session, f"select from app.{name} where id = '{world.live[name]}'") == 1


@pytest.mark.parametrize("name", BINNABLE)
async def test_blind_update_changes_what_is_seen_and_no_more(world: World, database: Database, owner: Any, name: str) -> None:
    """Live rows as app_user, binned ones too at the bin, and nothing where one of them is another author's."""
    table = metadata.tables[f"app.{name}"]
    column = (granted(table, "app_user", "UPDATE") or ("",))[-1]
    value = column if column.endswith("_id") else constant(table, column)
    others = owner.execute(f"select from app.{name} where created_by <> %s", [world.alice.id]).rowcount
    for role, change in (("app_user", f"{column} = {value}"), ("app_trash", "deleted_at = deleted_at")):
        with acting(database.api, world.alice.id, role) as session:
            seen = outcome(session, f"select from app.{name}")
            done = outcome(session, f"update app.{name} set {change}")
            assert done == ("42501" if MODELS[name].__access__.endswith("authored") and others else seen)
            assert seen not in (0, "42501")
