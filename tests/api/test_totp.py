"""A second factor is asked for once it is confirmed; its codes and recovery codes are good once, and guesses are counted."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pyotp
import pytest
from fastapi import FastAPI

from api import totp
from api.totp import Factors
from tests.conftest import settings
from tests.devices import PASSWORD, Device
from tests.notes import Owner
from tests.server import Database
from tests.serving import serving

NOW = 1_800_000_000


class Holder:
    """Somebody with an authenticator, whose clock a test sets."""

    def __init__(self, client: httpx.AsyncClient, email: str, device: Device) -> None:
        self.client, self.email, self.device, self.secret = client, email, device, ""

    async def post(self, path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.device.access}"}
        return await self.client.post(f"/v1/me/totp{path}", json=body, headers=headers)

    async def sign_in(self, password: str = PASSWORD, **more: str) -> httpx.Response:
        return await self.client.post("/v1/auth/token", data={"username": self.email, "password": password, **more})

    def code(self, later: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(NOW + 30 * later)

    async def enrolled(self) -> list[str]:
        made = await self.post("", current=PASSWORD)
        assert made.status_code == 201, made.text
        self.secret = made.json()["secret"]
        assert made.json()["uri"].startswith("otpauth://totp/Rowkeep:") and self.secret in made.json()["uri"]
        assert (await self.sign_in()).status_code == 200, "of no effect until it is confirmed"
        confirmed = await self.post("/confirm", code=self.code())
        codes: list[str] = confirmed.json()["recovery_codes"]
        assert (len(set(codes)), confirmed.status_code) == (10, 200)
        return codes


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands still."""
    monkeypatch.setattr(totp, "time", lambda: NOW)


@pytest.fixture
async def holder(client: httpx.AsyncClient) -> Holder:
    email = f"{uuid4().hex}@example.com"
    await client.post("/v1/auth/signup", json={"email": email, "password": PASSWORD, "name": "Ada"})
    answer = await client.post("/v1/auth/token", data={"username": email, "password": PASSWORD})
    return Holder(client, email, Device(client, answer.json()))


async def test_password_alone_signs_nobody_in(holder: Holder) -> None:
    await holder.enrolled()
    wrong, right = await holder.sign_in("wrong password"), await holder.sign_in()
    assert (wrong.status_code, right.status_code) == (401, 401)
    assert "second factor" in right.json()["detail"] and "second factor" not in wrong.text
    assert (await holder.sign_in("wrong password", code=holder.code(1))).content == wrong.content
    assert (await holder.sign_in(code=holder.code(1))).status_code == 200


async def test_code_is_good_once_and_none_before_it(holder: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    await holder.enrolled()
    assert (await holder.sign_in(code=holder.code())).status_code == 401, "it confirmed the secret"
    assert (await holder.sign_in(code=holder.code(1))).status_code == 200
    for used in (1, 0, -1):
        assert (await holder.sign_in(code=holder.code(used))).status_code == 401
    monkeypatch.setattr(totp, "time", lambda: NOW + 90)
    assert (await holder.sign_in(code=holder.code(3))).status_code == 200


async def test_code_of_another_time_is_none(holder: Holder) -> None:
    await holder.enrolled()
    for later in (2, 3, 20):
        assert (await holder.sign_in(code=holder.code(later))).status_code == 401


async def test_recovery_code_signs_in_once(holder: Holder) -> None:
    codes = await holder.enrolled()
    for code, status in ((codes[0], 200), (codes[0], 401), (codes[1].upper().replace("-", " "), 200), ("x" * 40, 401)):
        assert (await holder.sign_in(code=code)).status_code == status


async def test_guesses_of_codes_are_refused(holder: Holder) -> None:
    await holder.enrolled()
    statuses = [(await holder.sign_in(code="000000" if holder.code() != "000000" else "1")).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert (await holder.sign_in(code=holder.code(1))).status_code == 429


async def test_factor_is_given_up_by_password_and_code(holder: Holder) -> None:
    codes = await holder.enrolled()
    assert (await holder.post("", current=PASSWORD)).status_code == 409, "there is one"
    for current, code, field in (
        ("wrong", holder.code(1), "current"),
        (PASSWORD, holder.code(), "code"),
        (PASSWORD, "1", "code"),
    ):
        refused = await holder.post("/disable", current=current, code=code)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, f"#/{field}")
    assert (await holder.post("/disable", current=PASSWORD, code=codes[3])).status_code == 204
    assert (await holder.sign_in()).status_code == 200
    assert (await holder.post("/disable", current=PASSWORD, code=codes[4])).status_code == 422
    await holder.enrolled()


async def test_wrong_first_code_confirms_nothing(holder: Holder) -> None:
    assert (await holder.post("/confirm", code="123456")).status_code == 422
    await holder.post("", current=PASSWORD)
    assert (await holder.post("/confirm", code="12345")).status_code == 422
    assert (await holder.sign_in()).status_code == 200


async def test_no_secret_is_stored_as_it_is(holder: Holder, owner: Owner) -> None:
    codes = await holder.enrolled()
    rows = owner.execute(
        "select f.secret from auth.factors f join auth.credentials using (user_id) where email = %s", [holder.email]
    ).fetchall()
    assert len(rows) == 11
    stored = b"".join(row[0] for row in rows)
    assert holder.secret.encode() not in stored
    assert not any(code.encode() in stored or code.replace("-", "").encode() in stored for code in codes)


async def test_secret_opens_for_its_person_with_any_key_alone(database: Database) -> None:
    old, new = settings(database), settings(database, token_keys="q8Zr3vN1tYw5Lx7Kc9Jd2Hf4Gs6Ba0Pe/u4+T1oXmIk=")
    both = settings(database, token_keys=f"{new.token_keys.get_secret_value()},{old.token_keys.get_secret_value()}")
    mine, secret = uuid4(), "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    sealed, code = Factors(old).sealed(mine, secret), pyotp.TOTP(secret).at(NOW)
    judged = Factors(both).judged(code, mine, sealed, 0)
    assert judged.step == NOW // 30 and judged.sealed is not None
    assert Factors(new).judged(code, mine, judged.sealed, 0).step, "sealed anew with the first key"
    for factors, who in ((Factors(new), mine), (Factors(old), UUID(int=1))):
        assert factors.judged(code, who, sealed, 0).step is None


async def test_restart_forgets_no_code(holder: Holder, database: Database, app: FastAPI) -> None:
    await holder.enrolled()
    assert (await holder.sign_in(code=holder.code(1))).status_code == 200
    async with serving(database) as served:
        assert served.app is not app
        holder.client = served.client
        assert (await holder.sign_in(code=holder.code(1))).status_code == 401
