"""The API does not start on a login or a database that is weaker than promised, and says in one sentence what to do."""

import socket
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from db.refusal import Refusal
from tests.db.logins import Roles, refusal, roles
from tests.server import Database
from tests.serving import serving


def named(url: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(url)["user"])


@pytest.fixture
def made(own_database: Database) -> Iterator[Roles]:
    with roles(own_database) as found:
        yield found


def run(made: Roles, statement: str, *names: str) -> None:
    made.owner.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


async def test_the_logins_as_they_are_made_cannot_be_refused(own_database: Database, made: Roles) -> None:
    assert await refusal(own_database.api) == ""
    assert await refusal(own_database.auth, "app_auth") == ""
    assert await refusal(made.login()) == ""


async def test_a_superuser_cannot_serve(own_database: Database, made: Roles) -> None:
    owner = named(own_database.owner)
    expected = f"login {owner} is superuser and would get around every policy: connect as app_api"
    assert await refusal(own_database.owner) == expected
    name = named(url := made.login("superuser"))
    assert await refusal(url, "app_auth") == expected.replace(owner, name).replace("app_api", "app_auth")


@pytest.mark.parametrize("power", ["bypassrls", "replication", "createrole"])
async def test_a_login_with_an_attribute_beyond_policies_cannot_serve(made: Roles, power: str) -> None:
    name = named(url := made.login(power))
    assert await refusal(url) == (
        f"login {name} is {power.upper()} and would get around every policy: "
        f"connect as app_api, or run `alter role {name} no{power}`"
    )
    run(made, f"alter role {{}} no{power}", name)
    assert await refusal(url) == ""


@pytest.mark.parametrize(
    "statement",
    ["alter table app.notes owner to {}", "alter function app.current_user_id() owner to {}", "alter schema app owner to {}"],
    ids=["table", "function", "schema"],
)
async def test_an_owner_cannot_serve(made: Roles, statement: str) -> None:
    name = named(url := made.login())
    run(made, statement, name)
    sentence = await refusal(url)
    assert (
        sentence
        == f"login {name} is owner of tables, functions or schemas and would get around every policy: connect as app_api"
    )


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize(
    ("power", "said"),
    [
        ("superuser", "superuser"),
        ("bypassrls", "BYPASSRLS"),
        ("replication", "REPLICATION"),
        ("app_owner", "owner of tables, functions or schemas"),
        ("pg_execute_server_program", "at the server's files"),
    ],
)
async def test_a_login_that_may_become_more_cannot_serve(made: Roles, power: str, said: str, steps: int) -> None:
    target = power if "_" in power else made.make(f"nologin {power}")
    between = target if steps == 1 else made.make(member_of=(target,))
    name = named(url := made.login())
    run(made, "grant {} to {}", between, name)
    sentence = await refusal(url)
    assert sentence.startswith(
        f"login {name} may become {target}, which is {said} and would get around every policy: connect as app_api, or run `"
    )
    run(made, "revoke {} from {}", between, name)
    assert await refusal(url) == ""


@pytest.mark.parametrize("missing", ["app_user", "app_guest", "app_trash"])
async def test_a_login_that_cannot_become_a_request_cannot_serve(made: Roles, missing: str) -> None:
    name = named(url := made.login(member_of=tuple({"app_user", "app_guest", "app_trash"} - {missing})))
    assert await refusal(url) == (
        f"login {name} may not become {missing}, as its requests must: "
        "connect as app_api, or run `make migrate`, which grants it"
    )


@pytest.mark.parametrize(
    "setting",
    ["search_path=x", "row_security=off", "role=app_user", "default_transaction_read_only=on", "app.current_user_id=x",
     "default_transaction_isolation=serializable", "standard_conforming_strings=off"],
)  # fmt: skip
@pytest.mark.parametrize("where", ["role {1}", "role {1} in database {0}", "database {0}", "role {2}"])
async def test_a_login_with_settings_that_matter_cannot_serve(made: Roles, setting: str, where: str) -> None:
    """It may set all but the application's own for itself, whatever is granted."""
    between = made.make()
    name = named(url := made.login(member_of=("app_user", "app_guest", "app_trash", between)))
    altered, (what, _, value) = where.format(made.database.name, name, between), setting.partition("=")
    made.owner.execute(f"alter {altered} set {what} = '{value}'".encode())
    assert await refusal(url) == (
        f"login {name} starts with {setting}, which SQL in a request may have set for it: run `alter {altered} reset "
        f"{what if '.' not in what else chr(34) + what + chr(34)}`, and give it another password"
    )
    made.owner.execute(f"alter {altered} reset {what}".encode())
    assert await refusal(url) == ""


async def test_limits_of_a_login_are_no_weakening(made: Roles) -> None:
    name = named(url := made.login())
    run(made, "alter role {} set statement_timeout = '7s'", name)
    run(made, "alter role {} in database {} set work_mem = '8MB'", name, made.database.name)
    assert await refusal(url) == ""


async def test_the_two_logins_cannot_be_mixed_up(own_database: Database) -> None:
    assert (await refusal(own_database.auth, "app_api")).startswith("login app_auth may not become app_user")
    assert (await refusal(own_database.api, "app_auth")).startswith("login app_api may not become app_auth")
    with pytest.raises(Refusal, match="login app_auth may not become app_user"):
        async with serving(own_database._replace(api=own_database.auth)):
            pass
    with pytest.raises(Refusal, match="login app_api may not become app_auth"):
        async with serving(own_database._replace(auth=own_database.api)):
            pass


async def test_a_refused_boot_cannot_leave_a_connection_open(own_database: Database, made: Roles) -> None:
    run(made, "alter table app.notes no force row level security")
    with pytest.raises(Refusal):
        async with serving(own_database):
            pass
    sessions = "select count(*) from pg_stat_activity where datname = current_database() and usename = 'app_api'"
    for _ in range(1000):
        if made.owner.execute(sessions).fetchone() == (0,):
            return
    raise AssertionError("a connection is still open")


async def test_a_database_that_does_not_answer_cannot_be_served(own_database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"postgresql://app_api:x@127.0.0.1:{listener.getsockname()[1]}/none"
    with pytest.raises(Refusal, match="the database of app_api cannot be reached: start it, or mend its URL"):
        async with serving(own_database._replace(api=closed)):
            pass
