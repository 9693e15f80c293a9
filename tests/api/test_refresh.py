"""A session is renewed by a token that is good once, and ends when a copy of one is used."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from api.auth import Keys
from db.transaction import session
from tests.devices import Device, SignIn
from tests.faults.settled import until
from tests.isolation.session import bind
from tests.notes import Owner
from tests.people import SEED
from tests.server import Database


def aged(owner: Owner, device: Device) -> None:
    """As if the tokens that are used had been used a minute ago."""
    owner.execute("update auth.refresh_tokens set used_at = used_at - interval '1 minute' where session_id = %s", [device.id])


async def test_session_goes_on_from_token_to_token(account: SignIn) -> None:
    device = await account()
    seen = set()
    for _ in range(4):
        seen.add(device.token)
        await device.renew()
        assert (await device.call("GET", "/v1/me")).json()["name"] == "Ada"
    assert len(seen) == 4


async def test_reuse_leaves_nobody_the_session(account: SignIn, owner: Owner) -> None:
    device, other = await account(), await account()
    stolen = device.token
    await device.renew()
    await device.renew()
    aged(owner, device)
    assert (await device.refreshed(stolen)).status_code == 401
    assert (await device.refreshed()).status_code == 401
    await device.stops()
    await other.renew()
    assert (await other.call("GET", "/v1/me")).status_code == 200


async def test_thief_who_comes_first_is_noticed_by_the_owner(account: SignIn, owner: Owner) -> None:
    device = await account()
    thief = Device(device.client, (await device.refreshed()).json())
    aged(owner, device)
    assert (await device.refreshed()).status_code == 401
    assert (await thief.refreshed()).status_code == 401


async def test_client_that_lost_the_answer_gets_the_same_successor(account: SignIn) -> None:
    device = await account()
    answers = [(await device.refreshed()).json()["refresh_token"] for _ in range(3)]
    answers += [answer.json()["refresh_token"] for answer in await asyncio.gather(*(device.refreshed() for _ in range(8)))]
    assert len(set(answers)) == 1
    device.token = answers[0]
    await device.renew()


async def test_successor_takes_the_signing_key(account: SignIn) -> None:
    device = await account()
    before = device.token.partition(".")[2]
    await device.renew()
    after = device.token.partition(".")[2]
    assert after != hashlib.sha256(before.encode()).hexdigest()
    assert Keys([SEED]).refresh_key != Keys([b"another".ljust(32, b".")]).refresh_key


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: token.partition(".")[0] + "." + "x" * 43,
        lambda token: uuid4().hex + "." + token.partition(".")[2],
        lambda token: token.partition(".")[0] + ".",
        lambda token: token.partition(".")[2],
        lambda _: "x",
        lambda _: "é." * 50,
    ],
    ids=["other secret", "other session", "no secret", "no session", "words", "no ascii"],
)
async def test_forged_token_renews_and_ends_nothing(account: SignIn, forge: Callable[[str], str]) -> None:
    device = await account()
    forged = forge(device.token)
    assert (await device.refreshed(forged)).status_code == 401
    ended = await device.client.post("/v1/auth/signout", json={"refresh_token": forged})
    assert ended.status_code in {204, 401}
    await device.renew()


@pytest.mark.parametrize("wrong", ["", "x" * 201, None, 1, "a\0b"])
async def test_bad_refresh_names_the_field(client: httpx.AsyncClient, wrong: Any) -> None:
    for path in ("refresh", "signout"):
        answer = await client.post(f"/v1/auth/{path}", json={"refresh_token": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/refresh_token")


async def test_no_secret_is_stored(account: SignIn, owner: Owner) -> None:
    device = await account()
    await device.renew()
    rows = owner.execute("select t::text from auth.refresh_tokens t where session_id = %s", [device.id]).fetchall()
    assert len(rows) == 2
    digest = hashlib.sha256(device.token.partition(".")[2].encode()).hexdigest()
    assert any(digest in row[0] for row in rows)
    assert not any(device.token.partition(".")[2] in row[0] for row in rows)


async def test_login_of_sign_in_reaches_one_session_by_its_token(account: SignIn, database: Database) -> None:
    device, other = await account(), await account()
    secret = hashlib.sha256(device.token.partition(".")[2].encode()).digest()
    with psycopg.connect(database.auth) as connection:
        for statement in ("select * from auth.refresh_tokens", "select * from app.sessions", "delete from app.sessions"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
            connection.rollback()
        bind(connection, session(other.id))
        assert connection.execute("select * from auth.refresh(%s, %s)", [secret, b"x" * 32]).fetchall() == []
        connection.execute("select auth.end_session(%s)", [secret])
    for each in (device, other):
        await each.renew()


async def test_tokens_of_long_ago_are_forgotten(account: SignIn, owner: Owner) -> None:
    device = await account()
    await device.renew()
    owner.execute("update auth.refresh_tokens set used_at = used_at - interval '8 days' where session_id = %s", [device.id])
    await device.renew()
    count = "select count(*) from auth.refresh_tokens where session_id = %s"
    await until(lambda: owner.execute(count, [device.id]).fetchone() == (2,))
