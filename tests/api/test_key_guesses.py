"""Who guesses at keys, or has mails sent, waits with their network; a key that is right passes in it, at no round trip more."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4
from zlib import crc32

import httpx
import pytest
from fastapi import FastAPI

from tests.devices import PASSWORD
from tests.notes import Owner
from tests.people import person
from tests.server import Database
from tests.serving import Served, serving

FREE = 3


def wrong() -> str:
    """Right in form, and nobody's."""
    plain = f"rk_{uuid4().hex}{'x' * 43}"
    return f"{plain}{crc32(plain.encode()):08x}"


@asynccontextmanager
async def at(app: FastAPI, address: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://rowkeep") as made:
        yield made


async def asks(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
async def served(database: Database, owner: Owner) -> AsyncIterator[Served]:
    """An API that lets a network try three times."""
    owner.execute("delete from auth.attempts")
    async with serving(database, network_guesses=FREE, verify_email=True, mail_from="a@example.com") as made:
        yield made
    owner.execute("delete from auth.attempts")


async def test_wrong_keys_make_their_network_wait_and_keep_no_right_one_out(served: Served, owner: Owner) -> None:
    ada = person("ada", served.client, owner)
    token = (await ada.made("/v1/me/keys", name="k"))["key"]
    async with at(served.app, "203.0.113.7") as stranger, at(served.app, "203.0.113.9") as neighbour:
        assert [(await asks(stranger, wrong())).status_code for _ in range(FREE)] == [401] * FREE
        for each in (stranger, neighbour):
            refused = await asks(each, wrong())
            assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
            assert int(refused.headers["retry-after"]) in range(1, 601)
        assert (await asks(neighbour, token)).status_code == 200, "never seen before, in the network that waits"
        assert (await asks(stranger, "rk_noise")).status_code == 401, "what is no key in form asks the database nothing"
    async with at(served.app, "198.51.100.1") as elsewhere:
        assert (await asks(elsewhere, wrong())).status_code == 401


async def test_wrong_keys_slow_no_sign_in(served: Served) -> None:
    async with at(served.app, "203.0.113.7") as stranger:
        for _ in range(FREE + 1):
            await asks(stranger, wrong())
        form = {"username": "nobody@example.com", "password": "wrong"}
        assert (await stranger.post("/v1/auth/token", data=form)).status_code == 401


@pytest.mark.parametrize("path", ["reset", "signup"])
async def test_mails_to_many_addresses_make_their_network_wait(served: Served, owner: Owner, path: str) -> None:
    def body() -> dict[str, str]:
        email = f"{uuid4().hex}@example.com"
        return {"email": email} if path == "reset" else {"email": email, "password": PASSWORD, "name": "Ada"}

    async with at(served.app, "2001:db8::1") as stranger, at(served.app, "2001:db9::1") as fresh:
        for _ in range(FREE):
            assert (await stranger.post(f"/v1/auth/{path}", json=body())).is_success
        asked = body()
        refused = await stranger.post(f"/v1/auth/{path}", json=asked)
        assert (refused.status_code, int(refused.headers["retry-after"]) > 0) == (429, True)
        written = owner.execute("select count(*) from auth.mails where address = %s", [asked["email"]]).fetchone()
        assert written == (0,)
        assert (await fresh.post(f"/v1/auth/{path}", json=asked)).is_success
        form = {"username": "nobody@example.com", "password": "wrong"}
        assert (await stranger.post("/v1/auth/token", data=form)).status_code == 401, "signing in counts apart"
