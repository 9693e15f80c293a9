"""Every change is signed by the database: by whom, when, how often, and when it went to the bin."""

from datetime import UTC, datetime

import httpx
import pytest

from db.models import metadata
from tests.isolation.attacks import constant, granted
from tests.isolation.session import acting, outcome
from tests.people import World, person
from tests.policies.catalog import Connection, rows
from tests.samples import MODELS
from tests.server import Database

BINNABLE = [name for name, model in MODELS.items() if "deleted_at" in model.model_fields]
CHANGED = [
    name
    for name, model in MODELS.items()
    if "version" in model.model_fields and granted(metadata.tables[f"app.{name}"], "app_user", "UPDATE")
]


@pytest.mark.parametrize("name", CHANGED)
async def test_update_is_signed_with_the_callers_name(world: World, database: Database, owner: Connection, name: str) -> None:
    table = metadata.tables[f"app.{name}"]
    column = (granted(table, "app_user", "UPDATE") or ("",))[-1]
    value = column if column.endswith("_id") or name == "memberships" else constant(table, column)
    owner.execute(f"update app.{name} set updated_by = null where id = '{world.live[name]}'".encode())
    (before,) = rows(owner, f"select version from app.{name} where id = %s", world.live[name])
    with acting(database.api, world.alice.id) as session:
        assert outcome(session, f"update app.{name} set {column} = {value} where id = '{world.live[name]}'") == 1
        signed = f"version = {before + 1} and updated_at = now() and updated_by = '{world.alice.id}'"
        assert outcome(session, f"select from app.{name} where id = '{world.live[name]}' and {signed}") == 1


@pytest.mark.parametrize("name", BINNABLE)
async def test_time_in_the_bin_cannot_be_forged(world: World, database: Database, name: str) -> None:
    forged = f"update app.{name} set deleted_at = '2001-01-01' where id = '{world.live[name]}'"
    with acting(database.api, world.alice.id, "app_trash") as session:
        assert outcome(session, forged) == 1
        moment = f"select deleted_at from app.{name} where id = '{world.live[name]}'"
        (first,) = rows(session, moment)
        assert abs((datetime.now(UTC) - first).total_seconds()) < 3600
        assert outcome(session, forged) == 1
        assert rows(session, moment) == [first], "again: the first moment stays"


async def test_acceptance_is_signed_with_the_guests_name(world: World, client: httpx.AsyncClient, owner: Connection) -> None:
    made = await world.alice.made("/v1/invitations", workspace_id=world.workspace, role="viewer")
    guest = person("guest", client, owner)
    await guest.made("/v1/invitations/accept", token=made["token"])
    signed = "select accepted_by, updated_by, created_by, version from app.invitations where id = %s"
    assert rows(owner, signed, made["id"]) == [(guest.id, guest.id, world.alice.id, 2)]


async def test_row_made_by_hand_is_signed_by_whom_it_is_made_for(world: World, database: Database) -> None:
    """A superuser with somebody's identity: `none` is no role, and no policy asks."""
    with acting(database.owner, world.alice.id, "none") as session:
        made = rows(session, "insert into app.users (name) values ('by hand') returning created_by, updated_by")
    assert made == [(world.alice.id, world.alice.id)]
