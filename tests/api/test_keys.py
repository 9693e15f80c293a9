"""A key acts for its person within its scope, which the database holds, until it is revoked; it is shown once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4
from zlib import crc32

import httpx
import pytest

from api.apikeys import SHAPE
from db.__main__ import disable
from tests.counting import Counting, counting
from tests.devices import SignIn
from tests.notes import Owner
from tests.people import Person, person
from tests.server import Database


async def key(who: Person, **says: Any) -> str:
    """A key of theirs."""
    made: str = (await who.made("/v1/me/keys", name="a key", **says))["key"]
    return made


async def asks(client: httpx.AsyncClient, token: str, method: str, path: str, json: Any = None) -> httpx.Response:
    return await client.request(method, path, json=json, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def ada(client: httpx.AsyncClient, owner: Owner) -> Person:
    return person("ada", client, owner)


async def test_key_is_shown_once_and_stored_as_a_hash(ada: Person, owner: Owner) -> None:
    made = await ada.made("/v1/me/keys", name="ci", read_only=True)
    listed = (await ada.call("GET", "/v1/me/keys")).json()["items"]
    assert listed == [{name: value for name, value in made.items() if name != "key"}]
    assert SHAPE.fullmatch(made["key"])
    assert made["key"][-8:] == f"{crc32(made['key'][:-8].encode()):08x}"
    stored = owner.execute("select to_jsonb(k)::text from app.keys k where id = %s", [made["id"]]).fetchone()
    assert stored is not None
    assert made["key"][35:-8] not in stored[0]


async def test_key_without_a_scope_acts_as_its_person(client: httpx.AsyncClient, ada: Person) -> None:
    token = await key(ada)
    note = await asks(client, token, "POST", "/v1/notes", {"title": "by key"})
    assert (note.status_code, note.json()["owner_id"], note.json()["created_by"]) == (201, str(ada.id), str(ada.id))
    assert (await asks(client, token, "GET", "/v1/me")).json()["id"] == str(ada.id)
    assert (await asks(client, token, "DELETE", f"/v1/notes/{note.json()['id']}")).status_code == 204


async def test_key_is_no_way_to_an_account(client: httpx.AsyncClient, ada: Person) -> None:
    token = await key(ada)
    for method, path, json in (
        ("POST", "/v1/me/keys", {"name": "another"}),
        ("POST", "/v1/me/password", {"current": "x", "new": "correct horse battery"}),
        ("DELETE", "/v1/me", {"password": "x"}),
        ("DELETE", "/v1/me/sessions", None),
    ):
        assert (await asks(client, token, method, path, json)).status_code == 403, path
    assert len((await ada.call("GET", "/v1/me/keys")).json()["items"]) == 1


async def test_key_that_may_only_read_writes_nothing(client: httpx.AsyncClient, ada: Person) -> None:
    note = await ada.made("/v1/notes", title="before")
    workspace = await ada.made("/v1/workspaces", name="w")
    token = await key(ada, read_only=True)
    assert (await asks(client, token, "GET", f"/v1/notes/{note['id']}")).json() == note
    assert (await asks(client, token, "GET", f"/v1/workspaces/{workspace['id']}")).status_code == 200
    for method, path, json in (
        ("POST", "/v1/notes", {"title": "planted"}),
        ("PATCH", f"/v1/notes/{note['id']}", {"title": "changed"}),
        ("DELETE", f"/v1/notes/{note['id']}", None),
        ("POST", "/v1/workspaces", {"name": "planted"}),
        ("PATCH", "/v1/me", {"name": "changed"}),
        ("POST", "/v1/projects", {"workspace_id": workspace["id"], "name": "planted"}),
    ):
        answer = await asks(client, token, method, path, json)
        assert (answer.status_code, answer.json()["detail"]) == (403, "This key may only read."), path
    assert (await asks(client, token, "GET", f"/v1/notes/{note['id']}")).json() == note


async def test_key_of_one_workspace_sees_nothing_else(client: httpx.AsyncClient, ada: Person) -> None:
    inside, outside = [(await ada.made("/v1/workspaces", name=name))["id"] for name in ("inside", "outside")]
    projects = [await ada.made("/v1/projects", workspace_id=each, name="p") for each in (inside, outside)]
    note = await ada.made("/v1/notes", title="private")
    token = await key(ada, only_workspace_id=inside)
    assert (await asks(client, token, "GET", f"/v1/projects/{projects[0]['id']}")).json() == projects[0]
    assert (await asks(client, token, "POST", "/v1/projects", {"workspace_id": inside, "name": "q"})).status_code == 201
    assert [each["id"] for each in (await asks(client, token, "GET", "/v1/workspaces")).json()["items"]] == [inside]
    assert (await asks(client, token, "GET", "/v1/me")).json()["id"] == str(ada.id)
    nothing = await asks(client, token, "GET", f"/v1/projects/{uuid4()}")
    for path in (f"/v1/projects/{projects[1]['id']}", f"/v1/notes/{note['id']}", f"/v1/workspaces/{outside}"):
        answer = await asks(client, token, "GET", path)
        assert (answer.status_code, answer.content) == (404, nothing.content), path
    for path in ("/v1/notes", "/v1/notes/bin", "/v1/me/sessions", "/v1/me/keys", f"/v1/projects?workspace_id={outside}"):
        assert (await asks(client, token, "GET", path)).json()["items"] == [], path
    for method, path, json in (
        ("POST", "/v1/notes", {"title": "planted"}),
        ("POST", "/v1/workspaces", {"name": "planted"}),
        ("POST", "/v1/projects", {"workspace_id": outside, "name": "planted"}),
        ("PATCH", f"/v1/projects/{projects[1]['id']}", {"name": "changed"}),
        ("PATCH", "/v1/me", {"name": "changed"}),
    ):
        assert (await asks(client, token, method, path, json)).status_code == 404, (method, path)
    exported = (await asks(client, token, "GET", "/v1/me/export")).text
    assert inside in exported
    assert outside not in exported
    assert "credentials" not in exported
    both = await key(ada, only_workspace_id=inside, read_only=True)
    assert (await asks(client, both, "GET", f"/v1/projects/{projects[0]['id']}")).status_code == 200
    assert (await asks(client, both, "GET", f"/v1/notes/{note['id']}")).status_code == 404
    assert (await asks(client, both, "PATCH", f"/v1/projects/{projects[0]['id']}", {"name": "x"})).status_code == 403


async def test_key_that_is_not_right_is_nobodys(client: httpx.AsyncClient, ada: Person, owner: Owner) -> None:
    token, expired = await key(ada), await key(ada, days=1)
    owner.execute("update app.keys set expires_at = now() where id = %s", [expired[3:35]])
    wrong = token[:40] + ("a" if token[40] != "a" else "b") + token[41:-8]
    for each in (
        token[:-1],
        token + "0",
        wrong + token[-8:],
        f"{wrong}{crc32(wrong.encode()):08x}",
        "rk_",
        "rk_" + "0" * 200,
        expired,
    ):
        assert (await asks(client, each, "GET", "/v1/me")).status_code == 401, each
    assert (await asks(client, token, "GET", "/v1/me")).status_code == 200


async def stops(client: httpx.AsyncClient, token: str) -> None:
    """Until a key is refused."""
    async with asyncio.timeout(60):
        while (await asks(client, token, "GET", "/v1/notes")).status_code != 401:  # noqa: ASYNC110 - it ends in the database
            await asyncio.sleep(0.01)


async def test_revoked_key_stops(client: httpx.AsyncClient, ada: Person) -> None:
    token, other = await key(ada), await key(ada)
    for each in (token, other):
        assert (await asks(client, each, "GET", "/v1/me")).status_code == 200
    (one,) = [
        row["id"] for row in (await ada.call("GET", "/v1/me/keys")).json()["items"] if row["id"].replace("-", "") in token
    ]
    assert (await ada.call("DELETE", f"/v1/me/keys/{one}")).status_code == 204
    await stops(client, token)
    assert (await asks(client, other, "GET", "/v1/me")).status_code == 200


async def test_keys_of_a_disabled_person_stop_and_come_back(
    account: SignIn, client: httpx.AsyncClient, owner: Owner, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = await account()
    answer = await asks(client, device.access, "POST", "/v1/me/keys", {"name": "k"})
    token = answer.json()["key"]
    assert (await asks(client, token, "GET", "/v1/me")).status_code == 200
    found = owner.execute("select email from auth.credentials where user_id = %s", [answer.json()["owner_id"]]).fetchone()
    assert found is not None
    monkeypatch.setenv("OWNER_DATABASE_URL", database.owner)
    disable(found[0], disabled=True)
    await stops(client, token)
    disable(found[0], disabled=False)
    assert (await asks(client, token, "GET", "/v1/me")).status_code == 200


@pytest.fixture
async def alone(database: Database) -> AsyncIterator[Counting]:
    """An API whose round trips are counted, on both logins."""
    async with counting(database) as made:
        yield made


async def test_known_key_costs_no_round_trip_more(alone: Counting, owner: Owner) -> None:
    served, wire, asked = alone
    ada = person("ada", served.client, owner)
    for says in ({}, {"read_only": True}):
        token = await key(ada, **says)
        for known in (False, True, True):
            wire.reset()
            asked.reset()
            assert (await asks(served.client, token, "GET", "/v1/notes")).status_code == 200
            assert wire.round_trips == 1
            # Looked up once, on the other login, whose connection is made the first time.
            assert asked.round_trips == 0 or not known
    await served.app.state.api_keys.note()
    used = owner.execute(
        "select count(*) from app.keys where owner_id = %s and used_at = date_trunc('minute', used_at)", [ada.id]
    )
    assert used.fetchone() == (2,)
