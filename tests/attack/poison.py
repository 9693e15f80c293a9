"""Poison: what SQL in the API's session may leave behind for the next person on the same pooled connection."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.transaction import connect, person
from tests.attack.attempt import Attempt
from tests.attack.ground import Ground
from tests.sealing import pool as make_pool

FAMILY = "poison"
ATTACKER = "select set_config('app.current_user_id', '{attacker}', false)"
LEFT = {
    "a setting": ["set atk.x = 'left'"],
    "an identity": [ATTACKER],
    "a seal": ["set app.current_user_seal = 'left'"],
    "a role": ["set session role app_trash"],
    "a search path": ["set search_path = pg_temp, app"],
    "row security off": ["set row_security = off"],
    "a read-only session": ["set session characteristics as transaction read only"],
    "another isolation": ["set default_transaction_isolation = serializable"],
    "a time limit": ["set statement_timeout = '1s'"],
    "a lock limit": ["set lock_timeout = '1s'"],
    "another style of dates": ["set datestyle = 'SQL, DMY'"],
    "another time zone": ["set timezone = 'Asia/Tokyo'"],
    "another style of bytes": ["set bytea_output = escape"],
    "another encoding": ["set client_encoding = latin1"],
    "a temporary table": ["create temporary table notes as select 1 as id"],
    "a temporary type": ["create domain pg_temp.uuid as text"],
    "a temporary function": ["create function pg_temp.current_user_id() returns uuid language sql as 'select null::uuid'"],
    "a prepared statement": ["prepare left_behind as select 1"],
    "a driver's statement": [
        "deallocate all",
        *(f"prepare _pg3_{n} as select set_config('atk.x', 'left', false)" for n in range(4)),
    ],
    "a driver's statement dropped": ["deallocate all"],
    "a cursor": ["begin", "declare left_behind cursor with hold for select 1", "commit"],
    "an open cursor of rows": ["begin", "declare c cursor with hold for select generate_series(1, 9)", "commit"],
    "an ear": ["listen left_behind"],
    "a lock": ["select pg_advisory_lock(4711)"],
    "an open transaction": ["begin"],
    "a failed transaction": ["begin", "select 1 / 0"],
    "a trace": ["set debug_print_plan = on", "set client_min_messages = debug5"],
    "a plan": ["set plan_cache_mode = force_generic_plan", "set enable_indexscan = off"],
    "generators": ["select nextval('left_behind')"],
}
REMAINS = """
select concat(current_user, '|', current_setting('atk.x', true), '|', current_setting('app.current_user_id', true),
  '|', current_setting('app.current_user_seal', true))
  || '|' || (select count(*) from pg_prepared_statements where from_sql)
  || '|' || (select count(*) from pg_cursors where is_holdable)
  || '|' || (select count(*) from pg_listening_channels()) || '|' || (select count(*) from pg_locks where locktype = 'advisory'
  and pid = pg_backend_pid()) || '|' || (select count(*) from pg_class where relnamespace = pg_my_temp_schema())
  || '|' || (select count(*) from pg_proc where pronamespace = pg_my_temp_schema())
  || '|' || (select count(*) from pg_type where typnamespace = pg_my_temp_schema())
  || '|' || (select coalesce(string_agg(name || '=' || setting, ',' order by name), '') from pg_settings
             where source = 'session' and name !~ '^(role|transaction_.*|session_authorization)$')"""


def attempts() -> Iterator[Attempt]:
    """Each is left behind outside any transaction, as an injected commit would; then the victim's request comes."""
    for name, statements in LEFT.items():
        yield Attempt(FAMILY, name, "", _left(statements))


def _left(statements: Sequence[str]) -> Callable[[Ground], str]:
    return lambda ground: asyncio.run(_served(ground, statements))


async def _served(ground: Ground, statements: Sequence[str]) -> str:
    expected: Sequence[Any] = ()
    clean: Any = None
    pool = make_pool(ground.database.api, pool_size=1)
    attacker, victim = person(ground.world.mallory.id), person(ground.world.alice.id)
    try:
        # Often enough for the driver to prepare its statement.
        for _ in range(6):
            expected, clean = await _honest(pool, victim)
        await _injected(pool, attacker, [each.format(**ground.ids("notes")) for each in statements])
        found, left = await _honest(pool, victim)
    except Exception as error:  # noqa: BLE001 - whatever it is, the next person had it
        return f"the next request fails: {type(error).__name__}: {error}"[:100]
    finally:
        await pool.dispose()
    if found != expected:
        return f"the next request finds {len(found)} rows, not {len(expected)}"
    return "" if left == clean else f"left behind: {left} instead of {clean}"


async def _honest(pool: Any, victim: Any) -> tuple[Any, Any]:
    """What a request finds, and what its session holds beside it, once the request is over."""
    async with connect(pool, victim) as connection:
        rows = (await connection.execute(text("select id from app.notes order by id"))).all()
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        driver.bind_to(None)
        await driver.execute("commit")
        return rows, await (await driver.execute(REMAINS, prepare=False)).fetchone()


async def _injected(pool: Any, attacker: Any, statements: Sequence[str]) -> None:
    # What it does to the attacker's own request is no matter.
    with suppress(psycopg.Error, DBAPIError):
        await _executed(pool, attacker, statements)


async def _executed(pool: Any, attacker: Any, statements: Sequence[str]) -> None:
    async with connect(pool, attacker) as connection:
        await connection.exec_driver_sql("select 1")
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        # An attacker's SQL ends the transaction that it was put into; the pool gets the connection as it then is.
        driver.bind_to(None)
        await driver.execute("commit")
        for each in statements:
            try:
                await driver.execute(each, prepare=False)
            except psycopg.Error:
                if driver.info.transaction_status == psycopg.pq.TransactionStatus.INERROR and "begin" not in statements:
                    await driver.rollback()
