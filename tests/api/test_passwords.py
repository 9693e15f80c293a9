"""A password is changed by who knows it, hashed at the cost of today, and a flood of sign-ins keeps nobody else waiting."""

import asyncio
import threading
from typing import Any
from uuid import uuid4

import httpx
import pytest
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from fastapi import FastAPI

from tests.devices import PASSWORD, Device, SignIn
from tests.faults.settled import until
from tests.notes import Owner
from tests.people import World

NEW = "another horse battery staple"


async def address_of(device: Device, owner: Owner) -> str:
    me = (await device.call("GET", "/v1/me")).json()["id"]
    row = owner.execute("select email from auth.credentials where user_id = %s", [me]).fetchone()
    assert row is not None
    return str(row[0])


async def change(device: Device, current: Any, new: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {device.access}"}
    return await device.client.post("/v1/me/password", json={"current": current, "new": new}, headers=headers)


async def test_changed_password_ends_every_other_session(account: SignIn, client: httpx.AsyncClient, owner: Owner) -> None:
    device, other = await account(), await account()
    email = await address_of(device, owner)
    assert (await change(device, PASSWORD, NEW)).status_code == 204
    await device.renew()
    assert (await other.refreshed()).status_code == 401
    await other.stops()
    for password, status in ((PASSWORD, 401), (NEW, 200)):
        assert (await client.post("/v1/auth/token", data={"username": email, "password": password})).status_code == status


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("wrong", NEW, "current"),
        ("", NEW, "current"),
        (PASSWORD, "short", "new"),
        (PASSWORD, "x" * 129, "new"),
        (PASSWORD, None, "new"),
    ],
)
async def test_password_that_is_not_known_or_not_good_changes_nothing(
    account: SignIn, current: str, new: Any, field: str
) -> None:
    device, other = await account(), await account()
    answer = await change(device, current, new)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"#/{field}")
    assert NEW not in answer.text
    await other.renew()


async def test_change_touches_no_other_person(account: SignIn, world: World, owner: Owner) -> None:
    device = await account()
    me = (await device.call("GET", "/v1/me")).json()["id"]
    others = "select count(*), md5(string_agg(c::text, '' order by user_id)) from auth.credentials c where user_id <> %s"
    before = owner.execute(others, [me]).fetchone()
    assert (await change(device, PASSWORD, NEW)).status_code == 204
    assert owner.execute(others, [me]).fetchone() == before
    # A person without a password of their own (made as tests make people) has none to change.
    nobodys = await world.alice.call("POST", "/v1/me/password", {"current": "x", "new": NEW})
    assert nobodys.status_code == 422


async def test_sign_in_hashes_anew_what_was_hashed_at_another_cost(
    account: SignIn, client: httpx.AsyncClient, owner: Owner
) -> None:
    email = await address_of(await account(), owner)
    cheap = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    owner.execute("update auth.credentials set password_hash = %s where email = %s", [cheap, email])

    def stored() -> str:
        row = owner.execute("select password_hash from auth.credentials where email = %s", [email]).fetchone()
        assert row is not None
        return str(row[0])

    for password, status, same in (("wrong", 401, True), (PASSWORD, 200, False), (PASSWORD, 200, False)):
        assert (await client.post("/v1/auth/token", data={"username": email, "password": password})).status_code == status
        assert (stored() == cheap) == same
    assert "m=19456,t=2" in stored()


async def test_flood_of_sign_ins_keeps_nobody_else_waiting(
    client: httpx.AsyncClient, app: FastAPI, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hashes of the flood do not end before everybody else was served."""
    served, at_work, most = threading.Event(), 0, 0
    counting = threading.Lock()

    class Endless:
        """Verifies until told to stop."""

        def verify(self, _known: str, _password: str) -> bool:
            nonlocal at_work, most
            with counting:
                at_work += 1
                most = max(most, at_work)
            served.wait(60)
            with counting:
                at_work -= 1
            raise VerifyMismatchError

        def check_needs_rehash(self, _known: str) -> bool:
            return False

    monkeypatch.setattr(app.state.passwords, "_hasher", Endless())
    # At one address, most of them would be refused before they are hashed.
    forms = [{"username": f"{uuid4().hex}@example.com", "password": "wrong"} for _ in range(50)]
    flood = [asyncio.create_task(client.post("/v1/auth/token", data=form)) for form in forms]
    try:
        await until(lambda: at_work == 2)
        for _ in range(20):
            assert (await world.alice.call("GET", "/v1/notes")).status_code == 200
        assert not any(task.done() for task in flood)
    finally:
        served.set()
        answers = await asyncio.gather(*flood)
    assert [answer.status_code for answer in answers] == [401] * 50
    assert most == 2
