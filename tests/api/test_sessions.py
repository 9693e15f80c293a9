"""Whatever ends a session ends its tokens: signing out, from here or elsewhere, time, and the end of its person."""

from uuid import uuid4

import httpx
import pytest

from db.__main__ import disable
from db.refusal import Refusal
from tests.devices import PASSWORD, SignIn
from tests.notes import Owner
from tests.people import Person, World, person
from tests.server import Database


async def test_sign_out_ends_one_session(account: SignIn) -> None:
    device, other = await account(), await account()
    assert (await device.client.post("/v1/auth/signout", json={"refresh_token": device.token})).status_code == 204
    assert (await device.refreshed()).status_code == 401
    await device.stops()
    await other.renew()


async def test_person_sees_and_ends_sessions(account: SignIn) -> None:
    device, other = await account(), await account()
    listed = (await device.call("GET", "/v1/me/sessions")).json()["items"]
    assert [(item["id"], item["device"]) for item in listed] == [(str(each.id), "a browser") for each in (other, device)]
    assert (await device.call("DELETE", f"/v1/me/sessions/{other.id}")).status_code == 204
    assert (await other.refreshed()).status_code == 401
    await other.stops()
    assert (await device.call("GET", "/v1/me")).status_code == 200


async def test_sign_out_everywhere_ends_ones_own_alone(account: SignIn, client: httpx.AsyncClient, owner: Owner) -> None:
    devices, stranger = [await account() for _ in range(3)], person("stranger", client, owner)
    owner.execute("insert into app.sessions (owner_id) values (%s)", [stranger.id])
    assert (await devices[0].call("DELETE", "/v1/me/sessions")).status_code == 204
    for device in devices:
        assert (await device.refreshed()).status_code == 401
        await device.stops()
    assert owner.execute("select count(*) from app.sessions where owner_id = %s", [stranger.id]).fetchone() == (1,)


async def test_session_ends_with_its_person(account: SignIn, owner: Owner) -> None:
    device = await account()
    me = (await device.call("GET", "/v1/me")).json()["id"]
    owner.execute("delete from app.users where id = %s", [me])
    assert (await device.refreshed()).status_code == 401
    await device.stops()


@pytest.mark.parametrize("change", ["expires_at = now() - interval '1 second'", "created_at = now() - interval '181 days'"])
async def test_session_does_not_go_on_for_ever(account: SignIn, owner: Owner, change: str) -> None:
    device = await account()
    owner.execute(f"update app.sessions set {change} where id = %s".encode(), [device.id])
    if change.startswith("created"):
        await device.renew()  # within its thirty days, after which it is older than it may become
    assert (await device.refreshed()).status_code == 401


async def test_disabled_person_keeps_and_starts_no_session(
    account: SignIn, client: httpx.AsyncClient, owner: Owner, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = await account()
    me = (await device.call("GET", "/v1/me")).json()["id"]
    found = owner.execute("select email from auth.credentials where user_id = %s", [me]).fetchone()
    assert found is not None
    form = {"username": found[0], "password": PASSWORD}
    monkeypatch.setenv("OWNER_DATABASE_URL", database.owner)
    disable(found[0].upper(), disabled=True)
    await device.stops()
    assert (await device.refreshed()).status_code == 401
    refused = await client.post("/v1/auth/token", data=form)
    wrong = await client.post("/v1/auth/token", data={**form, "password": "wrong"})
    assert (refused.status_code, refused.content) == (401, wrong.content)
    disable(found[0], disabled=False)
    assert (await client.post("/v1/auth/token", data=form)).status_code == 200
    with pytest.raises(Refusal, match=r"No account has the address nobody@example\.com"):
        disable("nobody@example.com", disabled=True)


async def test_another_reads_and_ends_no_session(account: SignIn, world: World) -> None:
    device = await account()
    stranger: Person = world.mallory
    for method in ("GET", "DELETE"):
        answer = await stranger.call(method, f"/v1/me/sessions/{device.id}")
        nothing = await stranger.call(method, f"/v1/me/sessions/{uuid4()}")
        assert (answer.status_code, answer.content) == (404, nothing.content)
    await device.renew()
