"""What is prepared in a session stays what the driver prepared, the reset among it; else the session is lent to nobody."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from db import reset
from db.transaction import begin, once, person
from tests.faults.settled import until
from tests.notes import Owner, person_with_notes
from tests.sealing import pool
from tests.server import Database

TITLES = text("select title from app.notes order by title")
SUSPECT = "SQL prepared or dropped statements in this session: look for SQL that somebody injects"


async def test_no_statement_of_the_driver_can_be_prepared_anew_for_the_next_person(
    single: tuple[AsyncEngine, bool], truth: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    """It would run in the next person's own transaction, sealed or not."""
    engine, resets = single
    alice, mallory = person_with_notes(truth, "alice's"), person_with_notes(truth)
    for _ in range(7):
        await once(engine, person(alice), TITLES)
    async with begin(engine, person(mallory)) as tx:
        names = await tx.execute(text("select name from pg_prepared_statements where statement like 'select title%'"))
        name = names.scalar_one()
        await tx.execute(text(f"deallocate {name}"))
        await tx.execute(text(f"prepare {name} as select set_config('x.y', string_agg(title, ''), false) from app.notes"))
    assert [row[0] for row in await once(engine, person(alice), TITLES)] == ["alice's"]
    engine_remembers = await once(engine, person(mallory), text("select nullif(current_setting('x.y', true), '')"))
    assert engine_remembers[0][0] == (None if resets else "alice's")
    assert [record.getMessage() for record in caplog.records if record.name == "rowkeep"] == [
        f"closed a session that was not reset: {SUSPECT}"
    ] * resets


@pytest.mark.parametrize("drop", ["deallocate {}", "do $$ begin execute 'deallocate {}'; end $$", "deallocate all"])
async def test_no_statement_of_the_driver_can_be_missing_for_the_next_person(
    single: tuple[AsyncEngine, bool], truth: Owner, drop: str
) -> None:
    """Their request would fail with 26000, through no fault of theirs."""
    engine, resets = single
    alice, mallory = person_with_notes(truth, "alice's"), person_with_notes(truth)
    for _ in range(7):
        await once(engine, person(alice), TITLES)
    async with begin(engine, person(mallory)) as tx:
        names = await tx.execute(text("select name from pg_prepared_statements where statement like 'select title%'"))
        await tx.execute(text(drop.format(names.scalar_one())))
    if resets or drop == "deallocate all":  # which the driver sees by itself
        assert [row[0] for row in await once(engine, person(alice), TITLES)] == ["alice's"]
    else:
        with pytest.raises(DBAPIError, match="prepared statement"):
            await once(engine, person(alice), TITLES)


# What SQL could have the reset's name stand for. A command that answers no row looks most like it.
INSTEAD = [
    "select where $1 is null",
    "insert into x (i) values ($1)",
    "update x set i = $1",
    "delete from x where i = $1",
    "merge into x using (values ($1)) y on true when matched then do nothing",
]


@pytest.mark.parametrize("instead", [None, *INSTEAD])
async def test_a_reset_that_sql_put_something_in_place_of_lends_nothing(
    single: tuple[AsyncEngine, bool], truth: Owner, caplog: pytest.LogCaptureFixture, instead: str | None
) -> None:
    engine, resets = single
    alice, mallory = person_with_notes(truth, "alice's"), person_with_notes(truth)
    left = text("select pg_backend_pid(), current_setting('x.y', true) = 'left'")
    first = (await once(engine, person(alice), left))[0][0]
    async with begin(engine, person(mallory)) as tx:
        await tx.execute(text("create temporary table x (i int)"))
        await tx.execute(text("select set_config('x.y', 'left', false), set_config('role', 'app_user', false)"))
        if resets:
            await tx.execute(text("do $$ begin execute 'deallocate reset_1'; end $$"))  # behind the driver's back
        if instead:
            await tx.execute(text(f"prepare reset_1 (int) as {instead}"))
    backend, stays = list((await once(engine, person(alice), left))[0])
    assert (backend != first, bool(stays)) == (resets, not resets)
    said = instead.partition(" ")[0].upper() if instead else 'prepared statement "reset_1" does not exist'
    logged = [record.getMessage() for record in caplog.records if record.name == "rowkeep"]
    assert [line.startswith(f"closed a session that was not reset: {said}") for line in logged] == [True] * resets


def test_nothing_that_answers_call_can_be_prepared_by_sql(owner: Owner) -> None:
    """Else a reset could be replaced by SQL that looks like it."""
    owner.execute("call audit.reset_session(0)")
    with pytest.raises(psycopg.errors.SyntaxError):
        owner.execute("prepare x as call audit.reset_session(0)")


async def test_what_a_rollback_makes_the_driver_drop_costs_no_session(own_database: Database, truth: Owner) -> None:
    """psycopg answers a ROLLBACK by DEALLOCATE ALL, and the reset was prepared too."""
    engine, alice = pool(own_database.api, pool_size=1), person_with_notes(truth)
    backend = text("select pg_backend_pid(), (select count(*) from pg_prepared_statements where name ~ '^reset_')")
    first = (await once(engine, person(alice), backend))[0]

    async def fails(back: str) -> None:
        async with begin(engine, person(alice)) as tx:
            await tx.execute(text("savepoint a"))
            await tx.execute(text(back))  # DEALLOCATE ALL follows in the pipeline of the next one, which fails
            await tx.execute(text("select 1 / 0"))

    for back in ("select 1", "rollback to a", "select 1"):
        for _ in range(7):  # the driver prepares
            assert (await once(engine, person(alice), backend))[0][0] == first[0]
        with pytest.raises(DBAPIError):
            await fails(back)
        assert (await once(engine, person(alice), backend))[0][0] == first[0]
    assert (await once(engine, person(alice), backend))[0] == (first[0], 1)
    await engine.dispose()


async def test_a_reset_that_sql_put_sleep_in_place_of_keeps_nobody_long(
    own_database: Database, truth: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reset, "PATIENCE", 0.2)
    engine, backend = pool(own_database.api, pool_size=1), text("select pg_backend_pid()")
    alice, mallory = person_with_notes(truth, "alice's"), person_with_notes(truth)
    first = (await once(engine, person(alice), backend))[0][0]
    async with begin(engine, person(mallory)) as tx:
        await tx.execute(text("deallocate reset_1"))
        await tx.execute(text("prepare reset_1 (int) as select pg_sleep(600) where $1 > 0"))
    assert (await once(engine, person(alice), backend))[0][0] != first
    await until(lambda: truth.execute("select from pg_stat_activity where pid = %s", [first]).rowcount == 0)
    await engine.dispose()


async def test_nobody_meets_a_request_to_cancel_a_reset_that_was_late(
    own_database: Database, truth: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is still on its way as the reset ends well, and would end the statement of the next person."""
    monkeypatch.setattr(reset, "PATIENCE", 0.1)
    monkeypatch.setattr(reset, "RESET", reset.RESET.replace(b"$1", b"$1 + length(pg_advisory_xact_lock(4714)::text)"))
    asked: list[asyncio.Task[None]] = []

    def insist(connection: reset.Resettable) -> None:
        connection.insisting = asyncio.create_task(asyncio.sleep(60))
        asked.append(connection.insisting)

    monkeypatch.setattr(reset.Resettable, "insist", insist)
    engine, backend, alice = pool(own_database.api, pool_size=1), text("select pg_backend_pid()"), person_with_notes(truth)
    truth.execute("select pg_advisory_lock(4714)")
    first = (await once(engine, person(alice), backend))[0][0]
    following = asyncio.create_task(once(engine, person(alice), backend))
    await until(lambda: bool(asked))
    truth.execute("select pg_advisory_unlock(4714)")
    assert (await following)[0][0] != first
    asked[0].cancel()
    await engine.dispose()
