"""Audits a live database without changing or locking anything: its own findings, and where it is not what this code makes."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from alembic.util import CommandError

from db.refusal import Refusal
from db.settings import psycopg_url
from migrations.fresh import empty_url
from migrations.run import head, scripts, upgrade

QUERY = Path(__file__).with_name("drift.sql")
RULES = r"""select substr(c.relname, 6), obj_description(c.oid, 'pg_class') from pg_catalog.pg_class c
where relnamespace = 'audit'::regnamespace and relkind = 'v' and starts_with(relname, 'rule_') order by 1"""
HELD = """select name, role, privilege, count(part), bool_or(part is null) from audit.held
where schema in ('app', 'auth') and kind in ('table', 'column') group by 1, 2, 3"""
Connection = psycopg.Connection[Any]


class Finding(NamedTuple):
    """What a row of audit.findings says."""

    severity: str
    rule: str
    object: str
    problem: str
    mend: str


class Live(NamedTuple):
    """What was read of one database, in one snapshot."""

    name: str
    version: int
    revision: str
    findings: list[Finding]
    rules: dict[str, str]
    held: dict[tuple[str, str, str], str]
    catalog: dict[str, str]


@contextmanager
def described() -> Iterator[None]:
    """Postgres takes the lock of a SELECT to print a predicate: what holds ACCESS EXCLUSIVE makes it wait, 5 s at most."""
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise Refusal("a table is locked, by a migration perhaps: audit again when it is done") from error


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    """One transaction that can only read, and sees one state of the database.

    By statement and not as a startup option, which a pooler refuses.

    Raises: Refusal where a table is locked for so long that it cannot be described.
    """
    with psycopg.connect(psycopg_url(url), connect_timeout=10) as connection, described():
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set local search_path = pg_catalog")
        connection.execute("set local lock_timeout = '5s'")
        yield connection


def read(connection: Connection) -> Live:
    """Raises Refusal where there is nothing of Rowkeep, or nothing that this login may read."""
    try:
        state = connection.execute("select head from audit.state()").fetchone()
        findings = connection.execute("select severity, rule, object, problem, mend from audit.findings").fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.UndefinedFunction) as error:
        raise Refusal("this database has no audit.findings: run `make migrate`") from error
    except psycopg.errors.InsufficientPrivilege as error:
        raise Refusal("this login may not read audit.findings: use one that is app_auditor, `make url ROLE=auditor`") from error
    return Live(
        connection.info.dbname,
        connection.info.server_version,
        str(state[0]) if state else "",
        [Finding(*row) for row in findings],
        dict(connection.execute(RULES).fetchall()),
        {(table, role, command): _extent(*how) for table, role, command, *how in connection.execute(HELD).fetchall()},
        catalog(connection),
    )


def audit(url: str) -> tuple[Live, list[Finding]]:
    """What there is, and what is wrong with it, errors first."""
    with reading(url) as connection:
        live = read(connection)
    found = behind(live) + live.findings
    if known(live.revision):
        with empty_url() as made:
            upgrade(made, live.revision)
            with psycopg.connect(psycopg_url(made)) as connection:
                found += drift(live, catalog(connection), connection.info.server_version)
    return live, sorted(found)


def _extent(columns: int, whole: bool) -> str:
    return "all" if whole else str(columns)


def catalog(connection: Connection) -> dict[str, str]:
    """Every object that a migration makes, and its text."""
    return dict(connection.execute(QUERY.read_bytes()).fetchall())


def known(revision: str) -> bool:
    """Whether this code has that revision."""
    try:
        return scripts().get_revision(revision) is not None
    except CommandError:
        return False


def behind(live: Live) -> list[Finding]:
    """That the database is at another revision than this code."""
    if live.revision == head():
        return []
    if known(live.revision):
        return [Finding("warning", "revision", live.name, f"it is at {live.revision}, this code at {head()}", "make migrate")]
    said = f"it is at {live.revision}, which this code ({head()}) does not know: its drift was not looked for"
    return [Finding("warning", "revision", live.name, said, "run the audit of newer code")]


def drift(live: Live, made: dict[str, str], version: int) -> Iterator[Finding]:
    """Where the live catalog is not what this code makes of the same revision on a server of its own."""
    for name in sorted(live.catalog.keys() | made.keys()):
        # Versions of Postgres print views in ways of their own.
        if name.startswith("text of view") and live.version // 10000 != version // 10000:
            continue
        found, wanted = live.catalog.get(name), made.get(name)
        if found != wanted:
            alike = takewhile(lambda pair: pair[0] == pair[1], zip(found or "", wanted or "", strict=False))
            same = max(0, sum(1 for _ in alike) - 40)
            problem = f"the database has {_from(found, same)}; the code makes {_from(wanted, same)}"
            yield Finding("error", "drift", name, problem, 'make check, then mend it or `make revision m="…"`')


def _from(text: str | None, at: int) -> str:
    """The text from where it begins to differ, and not more than a reader wants."""
    return "none" if text is None else "…" * (at > 0) + text[at : at + 300] + "…" * (len(text) > at + 300)


def as_json(findings: Iterable[Finding]) -> str:
    """A list of objects."""
    return json.dumps([finding._asdict() for finding in findings], indent=2, ensure_ascii=False)


def as_table(findings: list[Finding]) -> str:
    """For people: a line each, and under it what is wrong and the statement that mends it."""
    widths = [max((len(row[at]) for row in findings), default=0) for at in range(3)]
    lines = []
    for row in findings:
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)).rstrip())
        lines += [f"    {row.problem}", f"    {row.mend}"]
    return "\n".join(lines)
