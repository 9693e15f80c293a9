"""SQL in a request leaves nothing in the pooled session for the next person to meet; without the reset all of it stays."""

import asyncio
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from db import reset
from db.transaction import begin, connect, once, person
from tests.faults.settled import until
from tests.notes import Owner, person_with_notes
from tests.sealing import pool
from tests.server import Database

TITLES = text("select title from app.notes order by title")
TEMPORARY = "exists (select from {} where {} = pg_my_temp_schema() and {} = 'x')"
# What is left, and how the next one would notice.
LEFT: dict[str, tuple[str, str]] = {
    "a setting": ("select set_config('search_path', 'x', false)", "current_setting('search_path') = 'x'"),
    "rows in a setting": ("select set_config('x.y', title, false) from app.notes", "current_setting('x.y', true) = 'mine'"),
    "an identity": ("select set_config('auth.email', 'x@y.z', false)", "current_setting('auth.email', true) = 'x@y.z'"),
    "a role": ("set role app_trash", "current_user = 'app_trash'"),
    "a temporary table": ("create temporary table x (i int)", TEMPORARY.format("pg_class", "relnamespace", "relname")),
    "a temporary view": ("create temporary view x as select 1", TEMPORARY.format("pg_class", "relnamespace", "relname")),
    "a temporary domain": ("create domain pg_temp.x as text", TEMPORARY.format("pg_type", "typnamespace", "typname")),
    "a temporary function": (
        "create function pg_temp.x() returns int language sql return 1",
        TEMPORARY.format("pg_proc", "pronamespace", "proname"),
    ),
    "a temporary operator": (
        "create operator pg_temp.=== (function = int4eq, leftarg = int, rightarg = int)",
        "exists (select from pg_operator where oprnamespace = pg_my_temp_schema())",
    ),
    "a held cursor": ("declare x cursor with hold for select title from app.notes", "exists (select from pg_cursors)"),
    "a channel": ("listen x", "exists (select pg_listening_channels())"),
    "a lock": (
        "select pg_advisory_lock(4711)",
        "exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())",
    ),
    "a statement": ("prepare x as select 1", "exists (select from pg_prepared_statements where from_sql)"),
}


@pytest.mark.parametrize("left", LEFT)
async def test_nothing_is_left_for_the_next_person(single: tuple[AsyncEngine, bool], truth: Owner, left: str) -> None:
    engine, resets = single
    leave, notice = LEFT[left]
    async with begin(engine, person(person_with_notes(truth, "mine"))) as tx:
        await tx.execute(text(leave))
    async with connect(engine, None) as next_one:
        assert (await next_one.execute(text(f"select {notice}"))).scalar_one() is not resets


@pytest.mark.parametrize("role", ["app_user", "app_trash", "app_viewer", "app_api", "app_auth", "app_auditor", "app_owner"])
def test_no_role_makes_temporary_objects_or_a_schema(owner: Owner, role: str) -> None:
    asked = "select has_database_privilege(%(role)s, current_database(), 'temporary')"
    assert owner.execute(asked, {"role": role}).fetchone() == (False,)
    schemas = "select nspname from pg_namespace where has_schema_privilege(%(role)s, oid, 'create')"
    assert role == "app_owner" or owner.execute(schemas, {"role": role}).fetchall() == []


async def test_no_answer_waits_for_a_reset_and_no_statement_runs_before_its_end(
    own_database: Database, truth: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = person_with_notes(truth, "mine")
    engine = pool(own_database.api, pool_size=1)
    monkeypatch.setattr(reset, "RESET", reset.RESET.replace(b"$1", b"$1 + length(pg_advisory_xact_lock(4712)::text)"))
    truth.execute("select pg_advisory_lock(4712)")
    await once(engine, person(alice), TITLES)  # is back although the reset stands still
    following = asyncio.create_task(once(engine, person(alice), TITLES))
    waiting = "select from pg_locks where locktype = 'advisory' and not granted"
    await until(lambda: truth.execute(waiting).rowcount == 1)
    assert not following.done()
    truth.execute("select pg_advisory_unlock(4712)")
    assert [row[0] for row in await following] == ["mine"]
    await engine.dispose()


@pytest.mark.parametrize("spoil", ["perform 1 / 0;", "prepared := prepared + 1;"], ids=["fails", "finds"])
async def test_a_session_that_cannot_be_reset_is_never_lent_again(own_database: Database, truth: Owner, spoil: str) -> None:
    alice: UUID = person_with_notes(truth, "mine")
    engine = pool(own_database.api, pool_size=1)
    backend = text("select pg_backend_pid()")
    first = (await once(engine, person(alice), backend))[0][0]
    for _ in range(7):  # the driver prepares
        assert (await once(engine, person(alice), backend))[0][0] == first
    for (body,) in truth.execute("select pg_get_functiondef('audit.reset_session'::regproc)").fetchall():
        truth.execute(body.replace("begin\n", f"begin\n{spoil}\n", 1).encode())
    await once(engine, person(alice), TITLES)
    assert (await once(engine, person(alice), backend))[0][0] != first
    await until(lambda: truth.execute("select from pg_stat_activity where pid = %s", [first]).rowcount == 0)
    await engine.dispose()


# Each leaves a lock, which no rollback takes back.
FAILS = {
    "a statement": "select 1 / (count(*) - 1) from pg_advisory_lock(4713)",
    "a commit": "insert into app.notes (title) select 'mine' from pg_advisory_lock(4713)",
}


@pytest.mark.parametrize("fails", FAILS)
async def test_what_failed_before_its_reset_leaves_nothing_for_the_next_person(
    own_database: Database, truth: Owner, caplog: pytest.LogCaptureFixture, fails: str
) -> None:
    """It takes the reset along, which is in the same message: the session is reset as it is handed back, and used again."""
    truth.execute("alter table app.notes add unique (owner_id, title) deferrable initially deferred")
    alice, bob = person_with_notes(truth, "mine"), person_with_notes(truth, "bob's")
    engine = pool(own_database.api, pool_size=1)
    locks = text(
        "select pg_backend_pid(), (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())"
    )
    first = (await once(engine, person(alice), locks))[0][0]
    for _ in range(7):  # at last prepared by the driver
        with pytest.raises(DBAPIError):
            await once(engine, person(alice), text(FAILS[fails]))
        assert list(await once(engine, person(bob), locks)) == [(first, 0)]
        assert [row[0] for row in await once(engine, person(bob), TITLES)] == ["bob's"]
    assert truth.execute("select from app.notes where owner_id = %s", [alice]).rowcount == 1
    assert not caplog.records
    await engine.dispose()


def test_an_api_of_the_release_before_resets_its_sessions_by_the_same_steps(own_database: Database) -> None:
    with psycopg.connect(own_database.api, autocommit=True) as session:
        session.execute("set x.y = 'left'")
        assert session.execute("select audit.reset(0)").fetchone() == (False,)
        assert session.execute("select current_setting('x.y', true)").fetchone() in {(None,), ("",)}
        session.execute("prepare x as select 1")
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="prepared or dropped statements"):
            session.execute("select audit.reset(0)")
