"""A flood of guesses is refused and counted for every process; whose account it is signs in from anywhere else meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.throttle import networks
from tests.devices import PASSWORD, SignIn
from tests.server import Database
from tests.serving import listening, serving


@pytest.fixture
async def email(client: httpx.AsyncClient) -> str:
    """The address of an account."""
    made = f"{uuid4().hex}@example.com"
    await client.post("/v1/auth/signup", json={"email": made, "password": PASSWORD, "name": "Ada"})
    return made


@asynccontextmanager
async def at(app: FastAPI, address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of this address."""
    transport = httpx.ASGITransport(app=app, client=(address, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://rowkeep") as made:
        yield made


async def guess(client: httpx.AsyncClient, email: str, password: str = "wrong password", **more: str) -> httpx.Response:
    return await client.post("/v1/auth/token", data={"username": email, "password": password, **more})


async def test_flood_is_refused_and_keeps_nobody_out(app: FastAPI, email: str, client: httpx.AsyncClient) -> None:
    device = (await guess(client, email, PASSWORD)).json()["device_token"]
    async with at(app, "203.0.113.7") as stranger, at(app, "203.0.113.200") as neighbour, at(app, "198.51.100.1") as fresh:
        flood = [asyncio.create_task(guess(stranger, email)) for _ in range(30)]
        answers = await asyncio.gather(*flood)
        assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 25
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["content-type"] == "application/problem+json"
        assert int(refused.headers["retry-after"]) in range(1, 601)
        assert (await guess(neighbour, email, PASSWORD)).status_code == 429, "the same network, and nothing but the address"
        assert (await guess(neighbour, email, PASSWORD, device_token=device)).status_code == 200
        assert (await guess(fresh, email, PASSWORD)).status_code == 200
        assert (await guess(stranger, email, PASSWORD)).status_code == 429, "what passed elsewhere lets no guess through here"


async def test_right_password_passes_while_many_networks_guess(app: FastAPI, email: str) -> None:
    for number in range(25):
        async with at(app, f"203.0.{number}.1") as stranger:
            assert (await guess(stranger, email)).status_code == 401
    async with at(app, "203.0.99.1") as stranger:
        assert [(await guess(stranger, email)).status_code for _ in range(2)] == [401, 429], "one free guess is left"
    async with at(app, "198.51.100.1") as fresh:
        assert (await guess(fresh, email, PASSWORD)).status_code == 200


async def test_unknown_address_is_refused_like_a_known_one(app: FastAPI, email: str) -> None:
    async with at(app, "2001:db8::1") as stranger:
        answers = [[await guess(stranger, each) for _ in range(7)] for each in (email, "unknown@example.com", "no address")]
    seen = [[(answer.status_code, answer.content, sorted(answer.headers)) for answer in each] for each in answers]
    assert seen[0] == seen[1] == seen[2]
    assert [status for status, *_ in seen[0]] == [401] * 5 + [429] * 2


async def test_two_processes_count_together_and_a_restart_forgets_nothing(database: Database, email: str) -> None:
    for guesses in ([401] * 3, [401] * 2 + [429], [429]):
        async with serving(database) as served, at(served.app, "192.0.2.1") as stranger:
            assert [(await guess(stranger, email)).status_code for _ in guesses] == guesses


async def test_guesses_with_a_stolen_access_token_are_refused(account: SignIn) -> None:
    device = await account()
    for status in [422] * 5 + [429]:
        body = {"current": "wrong", "new": "another password"}
        headers = {"Authorization": f"Bearer {device.access}"}
        assert (await device.client.post("/v1/me/password", json=body, headers=headers)).status_code == status
    await account()  # signing in counts apart


async def test_device_of_another_account_or_a_forged_one_is_a_stranger(app: FastAPI, email: str) -> None:
    async with at(app, "192.0.2.77") as other:
        device = (await guess(other, email, PASSWORD)).json()["device_token"]
        for forged, status in (
            ("x", 401),
            ("x.y", 401),
            (f"{device}0", 401),
            (device.swapcase(), 401),
            ("é.é", 401),
            (device, 429),
        ):
            assert (await guess(other, "another@example.com", device_token=forged)).status_code == status


async def test_address_comes_from_a_trusted_proxy_alone(app: FastAPI, email: str) -> None:
    """uvicorn believes 127.0.0.1, unless FORWARDED_ALLOW_IPS names other proxies."""
    async with listening(app) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        form = {"username": email, "password": "wrong"}
        for status in [401] * 5 + [429]:
            forged = {"x-forwarded-for": f"{uuid4().int % 200}.1.1.1, 192.0.2.50"}
            assert (await client.post("/v1/auth/token", data=form, headers=forged)).status_code == status
        other = {"x-forwarded-for": "192.0.3.50"}
        assert (await client.post("/v1/auth/token", data=form, headers=other)).status_code == 401


@pytest.mark.parametrize(
    ("address", "same", "other"),
    [
        ("192.0.2.1", "192.0.2.254", "192.0.3.1"),
        ("::ffff:192.0.2.1", "192.0.2.9", "::ffff:192.0.3.1"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::", "2001:db8:1:3::1"),
        ("", "", "192.0.2.1"),
    ],
)
def test_network_is_what_one_customer_has(address: str, same: str, other: str) -> None:
    assert networks(address) == networks(same)
    assert networks(address)[0] != networks(other)[0]
    assert networks("2001:db8:1:2::1")[1] == networks("2001:db8:1:3::1")[1] != networks("2001:db8:2:3::1")[1]
