"""Rows for a table that nobody wrote an example for: made from its columns, CHECKs and keys, one for each row it points to."""

import re
from typing import Any

import psycopg
import pytest
from psycopg import sql

COLUMNS = """
select attname, format_type(atttypid, null) from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
where attrelid = %s::regclass and attnum > 0 and not attisdropped and attnotnull and (
  adbin is null or pg_get_expr(adbin, adrelid) like '%%claimed_user_id%%'
  or exists (select from pg_constraint where contype = 'f' and conrelid = attrelid and attnum = any (conkey)))"""
# The key with the most columns first: it carries the tenant.
KEYS = """
select confrelid::regclass::text,
  array(select attname::text from unnest(conkey) with ordinality k (n, o)
    join pg_attribute on attrelid = conrelid and attnum = n order by o),
  array(select attname::text from unnest(confkey) with ordinality k (n, o)
    join pg_attribute on attrelid = confrelid and attnum = n order by o)
from pg_constraint where contype = 'f' and conrelid = %s::regclass order by cardinality(conkey) desc, conname"""
WORDS = "select pg_get_constraintdef(oid) from pg_constraint where contype = 'c' and conrelid = %s::regclass"
VALUES = {
    "text": "'a word'", "uuid": "gen_random_uuid()", "integer": "1", "bigint": "1", "boolean": "true", "date": "current_date",
    "timestamp with time zone": "now()", "bytea": "sha256('x')",
}  # fmt: skip
# What a CHECK of several columns asks for: a share is open, and has the hash of its token, or is somebody's.
ALSO = {"app.note_shares": {"token_hash": "sha256('x')"}}


def fill(url: str, table: str) -> int:
    """One row for each row that its first key points to; how many there are then."""
    with psycopg.connect(url) as owner:
        for given in _parents(owner, table):
            try:
                with owner.transaction():
                    _insert(owner, table, given)
            except (psycopg.errors.UniqueViolation, psycopg.errors.ForeignKeyViolation):
                continue  # there is one already, or its parent is in the bin
            except psycopg.Error as error:
                pytest.fail(f"{table}: say in tests/migrations/fill.py what a row of it looks like: {error}")
        row = owner.execute(f"select count(*) from {table}".encode()).fetchone()
        return int(row[0]) if row else 0


def _parents(owner: psycopg.Connection[Any], table: str) -> list[dict[str, Any]]:
    """What the keys' columns may be, the parents of one row belonging together."""
    needed = {name for name, _ in owner.execute(COLUMNS, [table])}
    found: list[dict[str, Any]] = [{}]
    for parent, mine, theirs in owner.execute(KEYS, [table]).fetchall():
        if not set(mine) & needed:
            continue
        known = owner.execute(f"select {', '.join(theirs)} from {parent} order by 1".encode()).fetchall()
        pairs = [dict(zip(mine, row, strict=True)) for row in known]
        wider = [given | pair for given in found for pair in pairs if given.items() | pair.items() == (given | pair).items()]
        # One row per combination would be too many: each of the first key's rows once, then the first that fits.
        found = wider if found == [{}] else list({tuple(row[name] for name in found[0]): row for row in wider}.values())
    return found


def _insert(owner: psycopg.Connection[Any], table: str, given: dict[str, Any]) -> None:
    checks = " ".join(text for (text,) in owner.execute(WORDS, [table]))
    made = given | {name: sql.SQL(value) for name, value in ALSO.get(table, {}).items()}
    for name, kind in owner.execute(COLUMNS, [table]).fetchall():
        if name not in given:
            word = re.search(rf"\(\(?{name} = ANY \(ARRAY\[('\w+'::text)", checks)
            made[name] = sql.SQL(word[1] if word else VALUES[kind])
    listed = sql.SQL(", ").join(map(sql.Identifier, made))
    values = sql.SQL(", ").join(value if isinstance(value, sql.SQL) else sql.Literal(value) for value in made.values())
    owner.execute(sql.SQL("insert into {} ({}) values ({})").format(sql.SQL(table), listed, values))
