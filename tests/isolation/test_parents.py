"""A row hangs on a live parent in its own workspace, and on no other: for every table that names parents."""

from typing import Any
from uuid import UUID

import pytest

from db.models import metadata
from tests.isolation.attacks import granted
from tests.isolation.session import acting, outcome
from tests.people import World
from tests.samples import MODELS, body, literal, sample
from tests.server import Database

CHILDREN = [
    (name, column, parent)
    for name, model in MODELS.items()
    for column, parent in model.__parents__.items()
    if granted(metadata.tables[f"app.{name}"], "app_user", "INSERT") and "workspace_id" in model.model_fields
]
UNSIGNED = {"keys"}  # its owner alone makes one, and nobody changes it
IN_A_WORKSPACE = [child for child in CHILDREN if child[1] != "workspace_id"]


def added(name: str, ids: dict[str, UUID], **changes: UUID) -> str:
    """An insert of a row under these parents."""
    columns = granted(metadata.tables[f"app.{name}"], "app_user", "INSERT") or ()
    values = {column: sample(MODELS[name], column, ids) for column in columns} | changes
    return f"insert into app.{name} ({', '.join(values)}) values ({', '.join(literal(value) for value in values.values())})"


async def elsewhere(world: World, parent: str) -> UUID:
    """A parent in another workspace that alice owns."""
    ids = {**world.live, "workspaces": UUID((await world.alice.made("/v1/workspaces", name="elsewhere"))["id"])}
    for table in metadata.sorted_tables:
        model: Any = MODELS.get(table.name)
        if table.schema == "app" and model and "workspace_id" in model.model_fields and "create" in model.__routes__:
            if model.__create__ and parent != "workspaces":
                row = await world.alice.made(f"/v1/{table.name}", **body(model, model.__create__, ids))
                ids[table.name] = UUID(row["id"])
            if table.name == parent:
                break
    return ids[parent]


@pytest.mark.parametrize(("name", "column", "parent"), CHILDREN)
async def test_insert_under_a_binned_parent_is_refused(
    world: World, database: Database, name: str, column: str, parent: str
) -> None:
    with acting(database.api, world.alice.id) as session:
        assert outcome(session, added(name, world.live)) == 1
        assert outcome(session, added(name, world.live, **{column: world.binned[parent]})) == "23503"


@pytest.mark.parametrize(("name", "column", "parent"), IN_A_WORKSPACE)
async def test_insert_under_a_parent_of_another_workspace_is_refused(
    world: World, database: Database, name: str, column: str, parent: str
) -> None:
    """Even by an owner of both."""
    theirs = await elsewhere(world, parent)
    with acting(database.api, world.alice.id) as session:
        assert outcome(session, f"select from app.{parent} where id = '{theirs}'") == 1
        assert outcome(session, added(name, world.live, **{column: theirs})) == "23503"


@pytest.mark.parametrize(
    "name", [name for name in MODELS if granted(metadata.tables[f"app.{name}"], "app_user", "INSERT") and name not in UNSIGNED]
)
async def test_insert_by_the_owner_is_in_their_name(world: World, database: Database, name: str) -> None:
    with acting(database.api, world.alice.id) as session:
        assert outcome(session, added(name, world.live)) == 1
        mine = (
            f"select from app.{name} where created_by = '{world.alice.id}' and updated_by = created_by and now() = created_at"
        )
        assert outcome(session, f"{mine} and created_at = now()") == 1
