"""Refuses to serve on a database where isolation is weaker than promised; each refusal says what to do."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from db.pooler import check_pooler
from db.refusal import Refusal
from db.sealed import check_seal
from db.transaction import lent

# What gets around policies, of the login and of every role that it may become, by whatever way.
LOGIN = text("""
select r.rolname as role, case
  when r.rolsuper then 'superuser'
  when r.rolbypassrls then 'BYPASSRLS'
  when r.rolreplication then 'REPLICATION'
  when r.rolcreaterole then 'CREATEROLE'
  when r.rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files') then 'at the server''s files'
  when exists (
    select from pg_catalog.pg_namespace n
    left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relowner = r.oid
    left join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.proowner = r.oid
    where n.nspname in ('app', 'auth', 'audit', 'seal') and (n.nspowner = r.oid or c.oid is not null or p.oid is not null)
  ) then 'owner of tables, functions or schemas'
  end as power
from pg_catalog.pg_roles r
where pg_catalog.pg_has_role(session_user, r.oid, 'member')
order by r.rolname <> session_user, r.rolname""")
# What changes the meaning of statements, or who runs them; any login may set it for itself.
SETTING = text(r"""
select setting, case when r.oid is null then pg_catalog.format('alter database %I', d.datname)
    else pg_catalog.format('alter role %I', r.rolname) || coalesce(' in database ' || pg_catalog.quote_ident(d.datname), '')
  end || pg_catalog.format(' reset %I', pg_catalog.split_part(setting, '=', 1)) as mend
from pg_catalog.pg_db_role_setting s left join pg_catalog.pg_roles r on r.oid = s.setrole
left join pg_catalog.pg_database d on d.oid = s.setdatabase, pg_catalog.unnest(s.setconfig) setting
where (s.setrole = 0 or pg_catalog.pg_has_role(session_user, s.setrole, 'member'))
  and (d.oid is null or d.datname = pg_catalog.current_database())
  and setting ~ ('^(search_path|row_security|role|session_replication_role|(session|local)_preload_libraries|'
    'default_transaction_(isolation|read_only|deferrable)|standard_conforming_strings|(app|auth)\.\w+)=')
order by 1, 2""")
ATTRIBUTES = {"BYPASSRLS", "REPLICATION", "CREATEROLE"}

# What each login has to become, in each transaction that it binds.
BECOMES = {"app_api": ("app_user", "app_guest", "app_trash"), "app_auth": ("app_auth",)}

MOST = 20  # differences in one sentence; `select unnest(differences) from audit.state()` has all

UNFORCED = text("""
select format('%I.%I', nspname, relname)
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where nspname in ('app', 'auth') and relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)
order by 1""")


async def check(engine: AsyncEngine, login: str, known: set[str], head: str) -> None:
    """Compares the login's rights, the tables' flags and the schema's revision with what this code needs.

    Raises: Refusal.
    """
    async with reached(engine, login) as connection:
        await check_login(connection, login)
        await check_pooler(connection)
        unforced = (await connection.scalars(UNFORCED)).all()
        if unforced:
            raise Refusal(f"{unforced[0]} lacks forced row security: run `make migrate`, or mend it as its owner with "
                          f"`alter table {unforced[0]} enable row level security, force row level security`")  # fmt: skip
        differences = await check_revision(connection, known, head)
        await check_seal(connection, login)
        check_facts(differences)


class Unreachable(Refusal):
    """The database said nothing, so nothing is known of it."""


@asynccontextmanager
async def reached(engine: AsyncEngine, login: str) -> AsyncIterator[AsyncConnection]:
    """A connection of the login.

    Raises: Refusal where there is none to be had.
    """
    try:
        connection = await engine.connect()
    except OperationalError as error:
        reason = str(error.orig).partition("\n")[0]
        raise Unreachable(f"the database of {login} cannot be reached: start it, or mend its URL ({reason})") from error
    try:
        yield connection
    finally:
        await connection.close()


async def revision(engine: AsyncEngine) -> str:
    """The revision that the database is at, asked as the login itself."""
    async with lent(engine) as (connection, _):
        return str((await connection.execute(text("select head from audit.state()"))).scalar_one())


async def check_login(connection: AsyncConnection, login: str) -> None:
    """The login must be one that becomes what requests are, with no way around policies.

    Raises: Refusal.
    """
    roles: list[Any] = list(await connection.execute(LOGIN))
    name = roles[0].role
    for role, power in roles:
        if not power:
            continue
        how = "is" if role == name else f"may become {role}, which is"
        remedy = "" if role == name else f", or run `revoke {role} from {name}`"
        if power in ATTRIBUTES:
            remedy = f", or run `alter role {role} no{power.lower()}`"
        raise Refusal(f"login {name} {how} {power} and would get around every policy: connect as {login}{remedy}")
    for setting, mend in await connection.execute(SETTING):
        raise Refusal(f"login {name} starts with {setting}, which SQL in a request may have set for it: run `{mend}`, "
                      "and give it another password")  # fmt: skip
    for role in BECOMES[login]:
        try:
            # Local to this one statement; asked of Postgres, since what may be set differs between versions.
            await connection.execute(text("select pg_catalog.set_config('role', :role, true)"), {"role": role})
        except DBAPIError as error:
            if isinstance(error.orig, InsufficientPrivilege):
                raise Refusal(f"login {name} may not become {role}, as its requests must: "
                              f"connect as {login}, or run `make migrate`, which grants it") from error  # fmt: skip
            # A role that does not exist: there is no schema either, which is the better thing to say.


async def check_revision(connection: AsyncConnection, known: set[str], head: str) -> Sequence[str]:
    """The schema must be at this code's revision, or at a later one that still serves it; answers its differences.

    Raises: Refusal.
    """
    try:
        # An earlier revision says less.
        state = (await connection.execute(text("select * from audit.state()"))).one_or_none()
    except ProgrammingError as error:
        raise Refusal("the database has no schema of Rowkeep: run `make migrate`") from error
    if state is None or (state.head in known and state.head != head):
        at = state.head if state else "nothing"
        raise Refusal(f"the database is at revision {at}, this code needs {head}: run `make migrate`")
    if state.head not in known and state.serves not in known:
        raise Refusal(f"the database is at revision {state.head}, which serves code from {state.serves or state.head} on: "
                      f"deploy newer code than {head}")  # fmt: skip
    differences: Sequence[str] = state.differences
    return differences


def check_facts(differences: Sequence[str]) -> None:
    """What isolation stands on must be what the last migration recorded.

    Raises: Refusal that says what differs.
    """
    if differences:
        more = [f"and {len(differences) - MOST} more"] * (len(differences) > MOST)
        raise Refusal(f"the database is not what its migrations recorded ({'; '.join([*differences[:MOST], *more])}): "
                      "mend it, or accept it as its owner with `select audit.record('<reason>')`")  # fmt: skip
