"""Calls of functions, and whose rows each changes: the page says what is called and what came of it, under every call."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from db.seal import Identity
from db.transaction import address, key, person, session, subject, token
from tests.isolation.session import bind
from tests.server import Database

PAGE, ROWS = (Path(__file__).with_name(name) for name in ("calls.txt", "rows.sql"))
PEOPLE = ("ada", "bob", "fay", "una", "eve", "tim", "bot", "robot")
WRITES = re.compile("(insert|update|delete) ")
# Every table's rows as text, by one statement.
WATCHED = """
select string_agg(format('select %L, t::text from %1$s t', c.oid::regclass), ' union all ' order by c.oid::regclass::text)
from pg_class c where relnamespace in ('app'::regnamespace, 'auth'::regnamespace) and relkind = 'r'"""
# Tables and rows.
State = Counter[tuple[str, str]]


def id_of(name: str) -> UUID:
    """What `<name>` stands for."""
    return UUID(bytes=sha256(name.encode()).digest()[:16])


NAMES = {id_of(name): name for name in PEOPLE}
KINDS: dict[str, Callable[[str], Identity]] = {
    "person": lambda name: person(id_of(name[1:-1])),
    "address": address,
    "session": lambda name: session(id_of(name[1:-1])),
    "token": lambda name: token(sha256(name.encode()).digest()),
    "subject": lambda name: subject(*name.split()),
    "key": lambda name: key(id_of(name[1:-1])),
}


def called(database: Database) -> Iterator[str]:
    """Each call of the page, and what comes of it: the answer, and whose rows came (+) and went (-); a changed one did both."""
    with psycopg.connect(database.owner) as opened:
        opened.execute(_with_ids(ROWS.read_text()).encode())
        (watched,) = opened.execute(WATCHED.encode()).fetchone() or ("",)
        before = _state(opened, watched)
        for call in PAGE.read_text().splitlines():
            if not call.startswith(" "):
                opened.execute("savepoint call")
                yield f"{call}\n    {_outcome(opened, watched, before, call)}\n"
                opened.execute("rollback to call")
        opened.rollback()


def _outcome(opened: psycopg.Connection[Any], watched: str, before: State, call: str) -> str:
    who, _, statement = call.partition(": ")
    role, kind, name = who.split(" ", 2)
    bind(opened, KINDS[kind](name)._replace(role=role))
    try:
        asked = statement if WRITES.match(statement) else f"select * from {statement}"
        cursor = opened.execute(_with_ids(asked).encode())
        rows = cursor.fetchall() if cursor.description else [(f"{cursor.rowcount} rows",)]
    except psycopg.Error as error:
        return f"{error.sqlstate} {error.diag.message_primary}"
    opened.execute("reset role")
    said = ", ".join(_shown(value) for row in rows for value in row) or "nothing"
    return " ".join([said, *_changes(before, _state(opened, watched))])


def _with_ids(text: str) -> str:
    return re.sub(r"<([\w-]+)>", lambda name: str(id_of(name[1])), text)


def _state(opened: psycopg.Connection[Any], watched: str) -> State:
    return Counter(opened.execute(watched.encode()).fetchall())


def _changes(before: State, after: State) -> Iterator[str]:
    moves: dict[str, list[str]] = {}
    for sign, changed in (("-", before - after), ("+", after - before)):
        for table, row in changed.elements():
            moves.setdefault(table, []).append(f"{sign}{_whose(row)}")
    yield from (f"[{table} {' '.join(sorted(moved))}]" for table, moved in sorted(moves.items()))


def _whose(row: str) -> str:
    """Everybody whom it names, by id or address."""
    return "/".join(name for id, name in NAMES.items() if str(id) in row or f"{name}@x.org" in row)


def _shown(value: object) -> str:
    """A person by name; other ids, times and seconds to wait are none to compare."""
    if isinstance(value, UUID):
        return NAMES.get(value, "an id")
    if isinstance(value, int) and value > 60:
        return "a wait"
    return "a time" if hasattr(value, "isoformat") else str(value)
