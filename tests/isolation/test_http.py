"""Over HTTP another's row is exactly like a row that never was, for every table and method; made from the models."""

import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from alembic_utils.pg_policy import PGPolicy

from db.models import metadata
from policies.compile import entities
from tests.people import Person, World
from tests.samples import EVERYBODYS, ISOLATED, MODELS, at, body

TENANTS = [name for name, model in MODELS.items() if "workspace_id" in model.model_fields]
BINNABLE = [name for name, model in MODELS.items() if "deleted_at" in model.model_fields]
OUTSIDERS = ["mallory", "fred"]


def routes(name: str, verb: str) -> bool:
    """Whether the table has the route."""
    model = MODELS[name]
    has = {"read": True, "update": model.__update__, "delete": model.__delete__ or name in BINNABLE}[verb]
    return bool(has) and verb in model.__routes__


def inner(name: str) -> list[tuple[str, str]]:
    """Columns that name a parent inside the workspace, and its table."""
    return [(column, parent) for column, parent in MODELS[name].__parents__.items() if parent != "workspaces"]


def needed(name: str, command: str) -> set[str]:
    """The roles that a command takes inside the workspace, by the policies that say so: `needs_<role>`."""
    policies = [each for each in entities([metadata.tables[f"app.{name}"]]) if isinstance(each, PGPolicy)]
    found = [each for each in policies if re.search(rf"restrictive\s+for\s+(all|{command})\b", each.definition)]
    return {each.signature.removeprefix("needs_") for each in found if each.signature.startswith("needs_")}


def seen(response: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All of an answer that may not differ."""
    return response.status_code, response.content, sorted(response.headers.items())


async def like_nothing(who: Person, method: str, path: str, id: UUID, json: Any = None) -> httpx.Response:
    """Asks for the row and for one that never was; the answers must be equal to the byte."""
    there = await who.call(method, path.format(id=id), json)
    assert seen(there) == seen(await who.call(method, path.format(id=uuid4()), json))
    return there


@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize("name", MODELS)
async def test_read_finds_no_row_of_others(world: World, name: str, who: str) -> None:
    path = world.path(name) + "/{id}"
    if name in EVERYBODYS:
        assert (await world.person(who).call("GET", path.format(id=world.live[name]))).status_code == 200
    else:
        assert (await like_nothing(world.person(who), "GET", path, world.live[name])).status_code == 404
    assert (await world.alice.call("GET", path.format(id=world.live[name]))).status_code == 200


@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize("name", [name for name in MODELS if routes(name, "update")])
async def test_patch_finds_no_row_of_others(world: World, name: str, who: str) -> None:
    changes = body(MODELS[name], MODELS[name].__update__, world.live)
    response = await like_nothing(world.person(who), "PATCH", world.path(name) + "/{id}", world.live[name], changes)
    assert response.status_code == 404
    same = changes if name != "memberships" else {"role": "owner"}
    assert (await world.alice.call("PATCH", f"{world.path(name)}/{world.live[name]}", same)).status_code == 200


@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize("name", [name for name in MODELS if routes(name, "delete")])
async def test_delete_finds_no_row_of_others(world: World, name: str, who: str) -> None:
    response = await like_nothing(world.person(who), "DELETE", world.path(name) + "/{id}", world.live[name])
    assert response.status_code == 404
    assert (await world.alice.call("GET", f"{world.path(name)}/{world.live[name]}")).status_code == 200


@pytest.mark.parametrize("who", [*OUTSIDERS, "vic"])
@pytest.mark.parametrize("name", BINNABLE)
async def test_restore_finds_no_row_of_others(world: World, name: str, who: str) -> None:
    path = f"{at(name)}/{{id}}/restore"
    assert (await like_nothing(world.person(who), "POST", path, world.binned[name])).status_code == 404
    scope = f"?workspace_id={world.workspace}" if name in TENANTS else ""
    mine = (await world.alice.call("GET", f"{at(name)}/bin{scope}")).json()["items"]
    assert str(world.binned[name]) in {row["id"] for row in mine}
    theirs = (await world.person(who).call("GET", f"{at(name)}/bin{scope}")).json()
    assert theirs == {"items": [], "next": None}


@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize("name", ISOLATED)
async def test_list_shows_no_row_of_others(world: World, name: str, who: str) -> None:
    person, path = world.person(who), world.path(name)
    scope = f"?workspace_id={world.workspace}" if name in TENANTS else ""
    rows = (await person.call("GET", path + scope)).json()["items"]
    assert str(world.live[name]) not in {row["id"] for row in rows}
    assert rows == [] or name == "users"
    mine = (await world.alice.call("GET", path + scope)).json()["items"]
    assert str(world.live[name]) in {row["id"] for row in mine}


@pytest.mark.parametrize("name", [name for name in TENANTS if inner(name)])
async def test_list_of_a_hidden_parent_is_empty(world: World, name: str) -> None:
    column, parent = inner(name)[0]
    path = f"{at(name)}?{column}={{id}}"
    assert (await like_nothing(world.mallory, "GET", path, world.live[parent])).json()["items"] == []
    assert (await world.vic.call("GET", path.format(id=world.live[parent]))).json()["items"]


@pytest.mark.parametrize("who", OUTSIDERS)
@pytest.mark.parametrize("name", [name for name in TENANTS if MODELS[name].__create__])
async def test_create_in_the_workspace_of_others_is_refused(world: World, name: str, who: str) -> None:
    new = body(MODELS[name], MODELS[name].__create__, world.live)
    there = await world.person(who).call("POST", f"{at(name)}", new)
    assert seen(there) == seen(await world.person(who).call("POST", f"{at(name)}", {**new, "workspace_id": str(uuid4())}))
    assert there.status_code == 404
    assert there.json()["errors"][0]["pointer"] == "#/workspace_id"


@pytest.mark.parametrize("name", [name for name in TENANTS if needed(name, "insert") and MODELS[name].__create__])
async def test_create_tells_a_viewer_which_role_is_needed(world: World, name: str) -> None:
    answer = await world.vic.call("POST", f"{at(name)}", body(MODELS[name], MODELS[name].__create__, world.live))
    assert answer.status_code == 403
    assert answer.json()["needed"] in needed(name, "insert")


@pytest.mark.parametrize("name", [name for name in TENANTS if needed(name, "update")])
async def test_change_tells_a_viewer_which_role_is_needed(world: World, name: str) -> None:
    path = f"{world.path(name)}/{world.live[name]}"
    assert (await world.vic.call("GET", path)).status_code == 200
    asked = [("PATCH", body(MODELS[name], MODELS[name].__update__, world.live))] if routes(name, "update") else []
    for method, changes in [*asked, ("DELETE", None)]:
        answer = await world.vic.call(method, path, changes)
        assert answer.status_code == 403, method
        assert answer.json()["needed"] in needed(name, "update")


@pytest.mark.parametrize("name", MODELS)
async def test_signed_out_is_401_everywhere(world: World, client: httpx.AsyncClient, name: str) -> None:
    id = world.live[name]
    for method, path in (("GET", ""), ("GET", f"/{id}"), ("PATCH", f"/{id}"), ("DELETE", f"/{id}"), ("POST", "")):
        response = await client.request(method, world.path(name) + path, json={})
        assert response.status_code in {401, 405}, (method, path)
        assert response.headers["content-type"] == "application/problem+json"
