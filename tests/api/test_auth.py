"""Sign-up and sign-in tell nobody whether an address has an account; a token that is not ours is nobody's."""

import logging
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI

from tests.isolation.session import acting, outcome
from tests.people import World

PASSWORD = "correct horse battery staple"


async def sign_up(client: httpx.AsyncClient, email: str, password: str = PASSWORD, name: str = "Ada") -> httpx.Response:
    """One try."""
    return await client.post("/v1/auth/signup", json={"email": email, "password": password, "name": name})


async def sign_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    """One try."""
    return await client.post("/v1/auth/token", data={"username": email, "password": password})


async def test_person_signs_up_and_in(client: httpx.AsyncClient) -> None:
    email = f"{uuid4().hex}@example.com"
    assert (await sign_up(client, email)).json() == {"email": email, "name": "Ada"}
    answer = await sign_in(client, email.upper().replace("EXAMPLE", "Example"))
    assert (answer.status_code, answer.json()["token_type"]) == (200, "bearer")
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await client.get("/v1/me", headers=headers)).json()["name"] == "Ada"
    assert (await client.patch("/v1/me", headers=headers, json={"name": "Ada L."})).json()["name"] == "Ada L."
    assert (await client.patch("/v1/me", headers=headers, json={"name": ""})).status_code == 422


async def test_known_address_answers_and_works_like_a_new_one(
    client: httpx.AsyncClient, app: FastAPI, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = []

    async def counted(password: str) -> str:
        hashes.append(password)
        return "x"

    monkeypatch.setattr(app.state.passwords, "hashed", counted)
    email = f"{uuid4().hex}@example.com"
    answers = [await sign_up(client, address, name="Ada") for address in (email, email, email.upper())]
    assert {(answer.status_code, answer.content, *answer.headers.items()) for answer in answers} == {
        (201, answers[0].content, *answers[0].headers.items())
    }
    assert len(hashes) == 3
    known = owner.execute("select count(*) from auth.credentials where email = %s", [email]).fetchone()
    assert known == (1,)


async def test_known_address_changes_nothing(client: httpx.AsyncClient) -> None:
    email = f"{uuid4().hex}@example.com"
    await sign_up(client, email, name="first")
    await sign_up(client, email, password="another password", name="second")
    assert (await sign_in(client, email, "another password")).status_code == 401
    token = (await sign_in(client, email)).json()["access_token"]
    assert (await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})).json()["name"] == "first"


async def test_unknown_address_answers_and_works_like_a_wrong_password(
    client: httpx.AsyncClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = f"{uuid4().hex}@example.com"
    await sign_up(client, email)
    verified = []

    class Watched:
        """Counts what is verified."""

        def verify(self, known: str, password: str) -> bool:
            verified.append(known.split("$")[:4])
            matches: bool = real.verify(known, password)
            return matches

    real = app.state.passwords._hasher
    monkeypatch.setattr(app.state.passwords, "_hasher", Watched())
    answers = [await sign_in(client, address, "wrong password") for address in (email, "unknown@example.com", "no address", "")]
    assert {(answer.status_code, answer.content) for answer in answers[:3]} == {(401, answers[0].content)}
    assert len(verified) == 3
    assert verified[0] == verified[1] == verified[2]  # the same algorithm and the same cost


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "x"), ("email", "a@b"), ("email", "a\0@example.com"), ("email", "a" * 400 + "@example.com"), ("name", ""),
     ("name", "\0"), ("password", "short"), ("password", "x" * 129), ("email", None), ("is_admin", True)],
)  # fmt: skip
async def test_bad_sign_up_names_the_field_and_repeats_no_password(client: httpx.AsyncClient, field: str, value: Any) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD, "name": "Ada", field: value}
    answer = await client.post("/v1/auth/signup", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"#/{field}"]
    assert str(body["password"]) not in answer.text


@pytest.mark.parametrize(
    "form", [{}, {"username": "\0", "password": "\0"}, {"username": "a@example.com", "password": "\ud800"}]
)
async def test_bad_sign_in_is_a_4xx(client: httpx.AsyncClient, form: dict[str, str]) -> None:
    data = {key: value.encode("utf-8", "surrogatepass") for key, value in form.items()}
    assert 400 <= (await client.post("/v1/auth/token", data=data)).status_code < 500


async def test_password_reaches_no_log_and_no_table(
    client: httpx.AsyncClient, owner: psycopg.Connection[Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    password, email = f"planted-{uuid4().hex}", f"{uuid4().hex}@example.com"
    for attempt in (password, "x", password):
        await sign_up(client, email, attempt)
        await sign_in(client, email, attempt)
    assert password not in caplog.text
    stored = owner.execute("select password_hash from auth.credentials where email = %s", [email]).fetchone()
    assert stored is not None
    assert stored[0].startswith("$argon2id$")


async def test_api_login_cannot_read_credentials(world: World, database: Any) -> None:
    for role in ("app_user", "app_guest", "app_trash"):
        with acting(database.api, world.alice.id, role) as session:
            assert outcome(session, "select * from auth.credentials") == "42501"
            assert outcome(session, "select auth.sign_up('x', 'y')") == "42501"
    with psycopg.connect(database.auth) as session:
        assert outcome(session, "select email from auth.credentials") == 0
        assert outcome(session, "select * from app.users") == "42501"


@pytest.mark.parametrize("charset", ["unicode_escape", "raw_unicode_escape", "utf-7"])
async def test_odd_charset_is_a_4xx(client: httpx.AsyncClient, charset: str) -> None:
    part = '--x\r\ncontent-disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    body = part.format("username", "a@example.com") + part.format("password", "\\ud800abcdefgh") + "--x--\r\n"
    headers = {"content-type": f"multipart/form-data; boundary=x; charset={charset}"}
    assert 400 <= (await client.post("/v1/auth/token", content=body.encode(), headers=headers)).status_code < 500


async def test_password_with_a_tail_is_wrong(client: httpx.AsyncClient) -> None:
    email, password = f"{uuid4().hex}@example.com", "p" * 128
    await sign_up(client, email, password)
    assert (await sign_in(client, email, password)).status_code == 200
    assert (await sign_in(client, email, password + "tail")).status_code == 401
