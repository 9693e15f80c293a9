"""A service account acts by keys that admins of its workspace make; it ends within seconds, and nobody else has a say."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.notes import Owner
from tests.people import Person, joined, person

ACCOUNTS = "/v1/service-accounts"


@pytest.fixture
async def staff(client: httpx.AsyncClient, owner: Owner) -> dict[str, Person]:
    """An owner, an admin and a viewer of one workspace, and a stranger with one of their own."""
    people = {name: person(name, client, owner) for name in ("owner", "admin", "viewer", "stranger")}
    workspace = (await people["owner"].made("/v1/workspaces", name="w"))["id"]
    for role in ("admin", "viewer"):
        await joined(people[role], people["owner"], workspace, role)
    await people["stranger"].made("/v1/workspaces", name="another")
    return people


@pytest.fixture
async def workspace(staff: dict[str, Person]) -> str:
    found: str = (await staff["owner"].call("GET", "/v1/workspaces")).json()["items"][0]["id"]
    return found


@pytest.fixture
async def robot(staff: dict[str, Person], workspace: str) -> dict[str, Any]:
    """A service account that may edit."""
    return await staff["admin"].made(ACCOUNTS, workspace_id=workspace, name="robot", role="editor")


async def asks(client: httpx.AsyncClient, token: str, method: str, path: str, json: Any = None) -> httpx.Response:
    return await client.request(method, path, json=json, headers={"Authorization": f"Bearer {token}"})


async def test_robot_acts_in_its_workspace_by_its_key(
    client: httpx.AsyncClient, staff: dict[str, Person], workspace: str, robot: dict[str, Any]
) -> None:
    made = await staff["admin"].made(f"{ACCOUNTS}/{robot['id']}/keys", name="ci", days=7)
    assert (made["owner_id"], made["only_workspace_id"], made["read_only"]) == (robot["id"], workspace, False)
    project = await asks(client, made["key"], "POST", "/v1/projects", {"workspace_id": workspace, "name": "by it"})
    assert (project.status_code, project.json()["created_by"]) == (201, robot["id"])
    me = (await asks(client, made["key"], "GET", "/v1/me")).json()
    assert (me["id"], me["name"], me["service"]) == (robot["id"], "robot", True)
    reads = (await staff["admin"].made(f"{ACCOUNTS}/{robot['id']}/keys", name="r", read_only=True))["key"]
    assert (await asks(client, reads, "GET", f"/v1/projects/{project.json()['id']}")).status_code == 200
    refused = await asks(client, reads, "PATCH", f"/v1/projects/{project.json()['id']}", {"name": "x"})
    assert refused.status_code == 403
    for method, path, json, status in (
        ("POST", "/v1/workspaces", {"name": "planted"}, 404),
        ("POST", "/v1/notes", {"title": "planted"}, 404),
        ("PATCH", "/v1/me", {"name": "planted"}, 404),
        ("POST", ACCOUNTS, {"workspace_id": workspace, "name": "another"}, 403),
        ("POST", f"{ACCOUNTS}/{robot['id']}/keys", {"name": "another"}, 403),
        ("DELETE", f"{ACCOUNTS}/{robot['id']}", None, 403),
        ("DELETE", f"{ACCOUNTS}/{robot['id']}/keys/{made['id']}", None, 403),
    ):
        assert (await asks(client, made["key"], method, path, json)).status_code == status, (method, path)


async def test_members_see_who_is_a_robot_and_strangers_see_nothing(
    staff: dict[str, Person], workspace: str, robot: dict[str, Any]
) -> None:
    listed = f"{ACCOUNTS}?workspace_id={workspace}"
    for who in ("owner", "admin", "viewer"):
        assert (await staff[who].call("GET", listed)).json() == {"items": [robot], "next": None}
        members = (await staff[who].call("GET", f"/v1/memberships?workspace_id={workspace}")).json()["items"]
        assert {row["user_id"]: row["role"] for row in members if row["service"]} == {robot["id"]: "editor"}
        assert (await staff[who].call("GET", f"/v1/users/{robot['id']}")).json()["service"] is True
    assert (await staff["stranger"].call("GET", listed)).json()["items"] == []
    second = await staff["owner"].made(ACCOUNTS, workspace_id=workspace, name="second", role="viewer")
    first = (await staff["viewer"].call("GET", f"{listed}&limit=1")).json()
    assert (first["items"], first["next"]) == ([second], second["id"])
    assert (await staff["viewer"].call("GET", f"{listed}&cursor={first['next']}")).json()["items"] == [robot]


async def test_nobody_but_admins_has_a_say(staff: dict[str, Person], workspace: str, robot: dict[str, Any]) -> None:
    made = await staff["admin"].made(f"{ACCOUNTS}/{robot['id']}/keys", name="k")
    shown = {name: value for name, value in made.items() if name != "key"}
    keys, new = f"{ACCOUNTS}/{robot['id']}/keys", {"workspace_id": workspace, "name": "x"}
    never = await staff["stranger"].call("POST", f"{ACCOUNTS}/{uuid4()}/keys", {"name": "x"})
    for who, status in (("viewer", 403), ("stranger", 404)):
        assert (await staff[who].call("POST", ACCOUNTS, new)).status_code == status
        assert (await staff[who].call("DELETE", f"{ACCOUNTS}/{robot['id']}")).status_code == status
        refused = await staff[who].call("POST", keys, {"name": "planted"})
        assert (refused.status_code, refused.content) == (404, never.content)
        assert (await staff[who].call("GET", keys)).json()["items"] == []
        assert (await staff[who].call("DELETE", f"{keys}/{made['id']}")).status_code == 404
    for who in ("owner", "admin"):
        assert (await staff[who].call("GET", keys)).json()["items"] == [shown]
    assert (await staff["admin"].call("POST", ACCOUNTS, new | {"role": "owner"})).status_code == 422
    (membership,) = [
        row["id"]
        for row in (await staff["owner"].call("GET", f"/v1/memberships?workspace_id={workspace}")).json()["items"]
        if row["service"]
    ]
    owned = await staff["owner"].call("PATCH", f"/v1/memberships/{membership}", {"role": "owner"})
    assert (owned.status_code, owned.json()["errors"][0]["pointer"]) == (422, "#/role")
    own = await staff["owner"].call("POST", f"{ACCOUNTS}/{staff['owner'].id}/keys", {"name": "x"})
    assert own.status_code == 404, "a person is no service account"
    assert (await staff["owner"].call("DELETE", f"{ACCOUNTS}/{staff['viewer'].id}")).status_code == 404


@pytest.mark.parametrize("how", ["account", "membership", "key"])
async def test_keys_stop_when_what_they_are_of_ends(
    client: httpx.AsyncClient, staff: dict[str, Person], workspace: str, robot: dict[str, Any], how: str
) -> None:
    made = await staff["admin"].made(f"{ACCOUNTS}/{robot['id']}/keys", name="k")
    assert (await asks(client, made["key"], "GET", "/v1/me")).status_code == 200
    members = (await staff["owner"].call("GET", f"/v1/memberships?workspace_id={workspace}")).json()["items"]
    path = {
        "account": f"{ACCOUNTS}/{robot['id']}",
        "key": f"{ACCOUNTS}/{robot['id']}/keys/{made['id']}",
        "membership": f"/v1/memberships/{next(row['id'] for row in members if row['service'])}",
    }[how]
    assert (await staff["admin"].call("DELETE", path)).status_code == 204
    async with asyncio.timeout(60):
        while (await asks(client, made["key"], "GET", "/v1/me")).status_code != 401:  # noqa: ASYNC110 - it ends in the database
            await asyncio.sleep(0.01)
    assert (await staff["admin"].call("GET", f"/v1/users/{robot['id']}")).status_code == (200 if how == "key" else 404)


async def test_robot_outlives_who_made_it(client: httpx.AsyncClient, staff: dict[str, Person], robot: dict[str, Any]) -> None:
    """Its keys are its own: a build goes on when whoever set it up is gone."""
    token = (await staff["admin"].made(f"{ACCOUNTS}/{robot['id']}/keys", name="k"))["key"]
    mine = (await staff["admin"].call("GET", "/v1/memberships?workspace_id=" + robot["workspace_id"])).json()["items"]
    (own,) = [row["id"] for row in mine if row["user_id"] == str(staff["admin"].id)]
    assert (await staff["admin"].call("DELETE", f"/v1/memberships/{own}")).status_code == 204
    assert (await asks(client, token, "GET", "/v1/me")).status_code == 200
    assert (await staff["admin"].call("GET", f"{ACCOUNTS}/{robot['id']}/keys")).json()["items"] == []
