"""Addresses are proven by mail: nobody signs in before, nobody takes another's account, and no answer tells who has one."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from tests.devices import PASSWORD, Device
from tests.notes import Owner
from tests.postbox import Postbox, postbox
from tests.server import Database
from tests.serving import serving

OTHER = "another horse battery staple"


class Mailed(NamedTuple):
    """An API that verifies addresses, and the mails it sends."""

    client: httpx.AsyncClient
    box: Postbox

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.client.post(f"/v1/auth/{path}", json=body)

    async def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        return await self.client.post("/v1/auth/token", data={"username": email, "password": password})

    async def person(self) -> tuple[str, Device]:
        """Somebody with a verified address, signed in; two mails came to it."""
        email = await self.signed_up()
        assert (await self.post("password", token=await self.box.token(email), password=PASSWORD)).status_code == 204
        return email, Device(self.client, (await self.sign_in(email)).json())

    async def signed_up(self) -> str:
        email = f"{uuid4().hex}@example.com"
        assert (await self.post("signup", email=email, password=PASSWORD, name="Ada")).status_code == 201
        return email

    async def change(self, device: Device, email: str, password: str = PASSWORD) -> httpx.Response:
        headers = {"Authorization": f"Bearer {device.access}"}
        return await self.client.post("/v1/me/email", json={"current": password, "email": email}, headers=headers)


@pytest.fixture(scope="module")
async def mailed(database: Database) -> AsyncIterator[Mailed]:
    async with postbox() as box:
        made = {"smtp_url": box.url, "mail_from": "Rowkeep <no-reply@rowkeep.example>", "verify_email": True}
        async with serving(database, **made, free_guesses=1000) as served:
            yield Mailed(served.client, box)


async def test_unverified_account_is_of_no_use(mailed: Mailed) -> None:
    email = await mailed.signed_up()
    wrong, right = await mailed.sign_in(email, "wrong password"), await mailed.sign_in(email)
    assert (right.status_code, right.content) == (wrong.status_code, wrong.content)
    assert right.status_code == 401
    token = await mailed.box.token(email)
    assert (await mailed.post("password", token=token, password=OTHER)).status_code == 204
    assert (await mailed.sign_in(email)).status_code == 401, "what counts is the password of who read the mail"
    assert (await mailed.sign_in(email, OTHER)).status_code == 200


async def test_known_address_shows_in_no_answer(mailed: Mailed) -> None:
    """Not even after a sign-in with the password that was just asked for."""
    known, _ = await mailed.person()
    fresh = f"{uuid4().hex}@example.com"
    seen = []
    for email in (known, fresh):
        up = await mailed.post("signup", email=email, password=OTHER, name="Ada")
        into, reset = await mailed.sign_in(email, OTHER), await mailed.post("reset", email=email)
        seen.append(
            [(each.status_code, each.content.replace(email.encode(), b""), each.headers.raw) for each in (up, into, reset)]
        )
    assert seen[0] == seen[1]
    assert (await mailed.box.to(known, 3))["Subject"] == "Choose a new password"
    assert [mail["Subject"] for mail in mailed.box.mails if mail["To"] == known][1] == "You have an account"
    assert (await mailed.sign_in(known)).status_code == 200, "nothing was changed"


async def test_account_that_a_stranger_prepared_is_the_readers(mailed: Mailed) -> None:
    email = await mailed.signed_up()  # by a stranger
    assert (await mailed.post("signup", email=email, password=OTHER, name="Me")).status_code == 201
    assert (await mailed.post("password", token=await mailed.box.token(email, 2), password=OTHER)).status_code == 204
    assert [(await mailed.sign_in(email, each)).status_code for each in (PASSWORD, OTHER)] == [401, 200]


async def test_reset_ends_sessions_and_is_good_once(mailed: Mailed) -> None:
    email, device = await mailed.person()
    for _ in range(2):
        assert (await mailed.post("reset", email=email.upper())).status_code == 204
    first, second = (await mailed.box.token(email, 2)), (await mailed.box.token(email, 3))
    assert (await mailed.post("password", token=first, password=OTHER)).status_code == 204
    for token in (first, second):
        refused = await mailed.post("password", token=token, password=PASSWORD)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/token")
    assert (await device.refreshed()).status_code == 401
    assert [(await mailed.sign_in(email, each)).status_code for each in (PASSWORD, OTHER)] == [401, 200]


async def test_changed_password_voids_every_token(mailed: Mailed) -> None:
    email, device = await mailed.person()
    await mailed.post("reset", email=email)
    token = await mailed.box.token(email, 2)
    headers = {"Authorization": f"Bearer {device.access}"}
    body = {"current": PASSWORD, "new": OTHER}
    assert (await mailed.client.post("/v1/me/password", json=body, headers=headers)).status_code == 204
    assert (await mailed.post("password", token=token, password=PASSWORD)).status_code == 422


async def test_expired_token_is_none(mailed: Mailed, owner: Owner) -> None:
    email, _ = await mailed.person()
    await mailed.post("reset", email=email)
    token = await mailed.box.token(email, 2)
    owner.execute("update auth.mails set expires_at = now() - interval '1 second' where address = %s", [email])
    assert (await mailed.post("password", token=token, password=OTHER)).status_code == 422


@pytest.mark.parametrize("token", ["x", "é", "x" * 200])
async def test_token_that_is_none_changes_nothing(mailed: Mailed, token: str) -> None:
    for path in ("password", "email"):
        answer = await mailed.post(path, token=token, **({"password": OTHER} if path == "password" else {}))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/token")


async def test_new_address_confirms_and_the_old_one_is_told(mailed: Mailed) -> None:
    email, device = await mailed.person()
    new = f"{uuid4().hex}@example.com"
    assert (await mailed.change(device, new, "wrong password")).status_code == 422
    assert (await mailed.change(device, new)).status_code == 204
    token = await mailed.box.token(new)
    assert (await mailed.sign_in(email)).status_code == 200, "until it is confirmed"
    assert (await mailed.post("password", token=token, password=OTHER)).status_code == 422, "it is for nothing else"
    assert (await mailed.post("email", token=token)).status_code == 204
    assert (await mailed.post("email", token=token)).status_code == 422
    assert (await mailed.box.to(email, 2))["Subject"] == "Your address was changed"
    assert [(await mailed.sign_in(each)).status_code for each in (email, new)] == [401, 200]


async def test_change_to_a_known_address_tells_its_reader_alone(mailed: Mailed) -> None:
    (known, _), (_, device) = await mailed.person(), await mailed.person()
    answers = [await mailed.change(device, each) for each in (known, f"{uuid4().hex}@example.com")]
    assert {(answer.status_code, answer.content) for answer in answers} == {(204, answers[0].content)}
    token = await mailed.box.token(known, 2)
    assert (await mailed.post("email", token=token)).status_code == 409
    assert (await mailed.sign_in(known)).status_code == 200


async def test_nobody_is_flooded_with_mails(mailed: Mailed, owner: Owner) -> None:
    email, device = await mailed.person()
    for _ in range(4):
        assert (await mailed.post("reset", email=email)).status_code == 204
        assert (await mailed.change(device, "new@example.com")).status_code == 204
    count = "select count(*) from auth.mails where address = %s"
    assert owner.execute(count, [email]).fetchone() == (3,)  # the first of them verified the address
    written = "select count(*) from auth.mails where user_id = (select user_id from auth.credentials where email = %s)"
    assert owner.execute(written, [email]).fetchone() == (4,)
