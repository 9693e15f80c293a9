"""The API does not start where it and its database do not agree on the seal, and says in one sentence what to do."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from db.boot import check
from db.engine import engine
from db.refusal import Refusal
from db.revisions import head, known
from db.seal import Seal, accept
from tests.db.logins import roles
from tests.server import Database

KEY, NEWER = bytes(range(32)), bytes(range(32, 64))
LOGINS = [("api", "app_api"), ("auth", "app_auth")]


@pytest.fixture
def owner(own_database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A superuser on a database without a key."""
    with psycopg.connect(own_database.owner, autocommit=True) as made:
        made.execute("delete from seal.keys")
        yield made


async def refusal(url: str, login: str, seal: Seal | None, *, pooled: bool = False) -> str:
    made = engine(url, pool_size=1, seal=seal, pooled=pooled)
    try:
        await check(made, login, known(), head())
    except Refusal as refused:
        return str(refused)
    else:
        return ""
    finally:
        await made.dispose()


@pytest.mark.parametrize(("url", "login"), LOGINS)
async def test_a_sealed_database_is_not_served_without_a_seal_and_a_bare_one_not_with(
    own_database: Database, owner: psycopg.Connection[Any], url: str, login: str
) -> None:
    where = getattr(own_database, url)
    assert await refusal(where, login, None) == ""
    assert await refusal(where, login, Seal(KEY)) == (
        f"SEAL_KEY is set, and the database takes an identity of {login} without a seal: "
        "run `make rotate-seal` with this SEAL_KEY, and keep the login out of seal.exempt"
    )
    accept(owner, KEY)
    assert await refusal(where, login, None) == "the database is sealed: set SEAL_KEY to a key that it knows"
    assert await refusal(where, login, Seal(KEY)) == ""
    assert await refusal(where, login, Seal(NEWER)) == (
        "the database does not know SEAL_KEY: set it to the newest one, or run `make rotate-seal` with this one"
    )
    accept(owner, NEWER)
    assert [await refusal(where, login, Seal(key)) for key in (KEY, NEWER)] == ["", ""]


async def test_a_login_that_needs_no_seal_cannot_serve(own_database: Database, owner: psycopg.Connection[Any]) -> None:
    accept(owner, KEY)
    with roles(own_database) as made:
        url = made.login()
        name = psycopg.conninfo.conninfo_to_dict(url)["user"]
        assert await refusal(url, "app_api", Seal(KEY)) == ""
        owner.execute("insert into seal.exempt values (%s)", [name])
        assert (await refusal(url, "app_api", Seal(KEY))).startswith(
            f"SEAL_KEY is set, and the database takes an identity of {name} without a seal: "
        )


async def test_a_pooler_that_hides_the_backend_is_named(
    own_database: Database, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(owner, KEY)
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", 1)
    assert await refusal(own_database.api, "app_api", Seal(KEY)) == (
        "a pooler stands before the database: set POOLER=true, so that nothing counts on its connections"
    )
    assert await refusal(own_database.api, "app_api", Seal(KEY, backend=False), pooled=True) == (
        "POOLER=true, and what one transaction leaves behind the next one meets: set the pooler's "
        "server_reset_query = DISCARD ALL and server_reset_query_always = 1"
    )


@pytest.mark.parametrize("apart", [-100, -25, 25, 100])
async def test_clocks_that_are_apart_are_named(
    own_database: Database, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, apart: int
) -> None:
    accept(owner, KEY)
    real = time.time
    monkeypatch.setattr("db.seal.time.time", lambda: real() + apart)
    assert await refusal(own_database.api, "app_api", Seal(KEY)) == (
        f"this clock and the database's are {abs(apart)} s apart, and a seal is good for 20: set the clocks"
    )
