"""Identity: every way of saying that one is somebody else; where nothing is sealed the first of them succeed, by design."""

from collections.abc import Callable, Iterator

import psycopg

from db.transaction import person
from tests.attack.attempt import Attempt, Came, judged, tried
from tests.attack.ground import Ground
from tests.isolation.session import acting
from tests.sealing import seal

FAMILY = "identity"
# What policies/README.md says of a database without a seal.
FORGED = "anybody with sql in the api's session can write a setting"
SET = "select set_config('app.current_user_id', '{victim}', {local})"
READ = "select from app.{table} where id = '{row}'"
# Said in mallory's own session, bound as requests are; then the victim's row is looked for.
SAID = {
    "local setting": SET.replace("{local}", "true"),
    "session setting": SET.replace("{local}", "false"),
    "set": "set app.current_user_id = '{victim}'",
    "set local": "set local app.current_user_id = '{victim}'",
    "capitals": "select set_config('app.current_user_id', upper('{victim}'), true)",
    "braces": "select set_config('app.current_user_id', '{{{victim}}}', true)",
    "without dashes": "select set_config('app.current_user_id', replace('{victim}', '-', ''), true)",
    "in a block": "do $$ begin perform set_config('app.current_user_id', '{victim}', true); end $$",
    "in a savepoint": "savepoint s; set local app.current_user_id = '{victim}'; release s",
    "after a rollback": "savepoint s; select 1; rollback to s; set local app.current_user_id = '{victim}'",
    "after a reset": "reset all; set role app_user; set app.current_user_id = '{victim}'",
    "seal emptied": "set local app.current_user_seal = ''; set local app.current_user_id = '{victim}'",
    "seal guessed": "select set_config('app.current_user_seal', repeat('A', 43) || '=', true); "
    "set local app.current_user_id = '{victim}'",
    "seal of before guessed": "select set_config('app.current_user_seal', extract(epoch from now())::bigint || '.0.' "
    "|| repeat('0', 64), true); set local app.current_user_id = '{victim}'",
    "seal null": "select set_config('app.current_user_seal', null, true); set local app.current_user_id = '{victim}'",
    "scope dropped": "set local app.current_scope = ''; set local app.current_user_id = '{victim}'",
    "at the bin": "set local role app_trash; set local app.current_user_id = '{victim}'",
    "chained": "commit and chain; set local role app_user; set local app.current_user_id = '{victim}'",
    "second in one message": "commit; begin; set local role app_user; set local app.current_user_id = '{victim}'",
}
INSIDE = {
    "in the condition": "select from app.{table} "
    "where set_config('app.current_user_id', '{victim}', true) <> '' and id = '{row}'",
    "in a common table": "with s as materialized (select set_config('app.current_user_id', '{victim}', true)) "
    "select from s, app.{table} where id = '{row}'",
    "in the list": "select (select set_config('app.current_user_id', '{victim}', true)) from app.{table} where id = '{row}'",
    "in a lateral": "select from (select set_config('app.current_user_id', '{victim}', true) offset 0) s, lateral "
    "(select from app.{table} where id = '{row}' and s is not null) x",
}
# What can never be an identity: no row and no matter in which mode.
ODD = {
    "nobody": "''",
    "nil": "'00000000-0000-0000-0000-000000000000'",
    "blanks": "' '",
    "star": "'%'",
    "null": "null",
    "true": "'true'",
    "injected": "'x'' or true --'",
    "two": "'{victim},{attacker}'",
    "padded": "' {victim}'",
    "owner": "'postgres'",
}


def attempts() -> Iterator[Attempt]:
    """On a table of an owner's and one of a workspace's: all tables read the identity in one place."""
    for table in ("notes", "tasks"):
        for name, sql in SAID.items():
            yield Attempt(FAMILY, name, table, _said(table, f"{sql}; {READ}"), known=FORGED)
        for name, sql in INSIDE.items():
            yield Attempt(FAMILY, name, table, _said(table, sql), known=FORGED)
        for name, value in ODD.items():
            yield Attempt(FAMILY, name, table, _said(table, f"select set_config('app.current_user_id', {value}, true); {READ}"))
        for name, options in {
            "at the start": "-c role=app_user -c app.current_user_id={victim}",
            "at the start, row security off": "-c row_security=off -c role=app_user -c app.current_user_id={victim}",
        }.items():
            yield Attempt(FAMILY, name, table, _started(table, options), known=FORGED)
        yield Attempt(FAMILY, "the victim's seal of another session", table, _replayed(table), known=FORGED)
    for name, sql in {
        "for every session": "alter role app_api set app.current_user_id = '{victim}'",
        "in a function": "create function pg_temp.f() returns int set app.current_user_id = '{victim}' language sql as ''",
        "address": "select set_config('auth.email', 'x', true); select from auth.credentials",
    }.items():
        yield Attempt(FAMILY, name, "", _said("notes", sql, refused=True))


def _said(table: str, sql: str, *, refused: bool = False) -> Callable[[Ground], str]:
    def run(ground: Ground) -> str:
        whole = sql.format(**ground.ids(table))
        with acting(ground.database.api, ground.world.mallory.id) as session:
            came = tried(session, whole)
            return judged(ground, came, whole, ("error",) if refused else (0, "error"))

    return run


def _replayed(table: str) -> Callable[[Ground], str]:
    """A seal that the API has just made for the victim, taken to another connection."""

    def run(ground: Ground) -> str:
        known = ground.ids(table)
        with psycopg.connect(ground.database.api) as victims:
            maker, pid = seal(), victims.info.backend_pid
            taken = maker(person(ground.world.alice.id), pid) if maker else ""
            put = f"select set_config('app.current_user_seal', '{taken}', true); "
            whole = put + f"{SAID['set local']}; {READ}".format(**known)
            with acting(ground.database.api, ground.world.mallory.id) as session:
                return judged(ground, tried(session, whole), whole, (0, "error"))

    return run


def _started(table: str, options: str) -> Callable[[Ground], str]:
    def run(ground: Ground) -> str:
        known, came = ground.ids(table), Came()
        whole = READ.format(**known)
        try:
            with psycopg.connect(ground.database.api, options=options.format(**known), autocommit=True) as session:
                came = tried(session, whole)
        except psycopg.OperationalError as error:
            came.state = error.sqlstate or "08000"
        return judged(ground, came, whole, (0, "error"))

    return run
