"""What there is and who sees it, for every table that the catalog has: so that two moments can be compared."""

import json
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from tests.isolation.session import acting
from tests.server import Database

Columns = dict[tuple[str, str], list[str]]
Row = frozenset[tuple[str, str]]
Rows = dict[tuple[str, ...], frozenset[Row]]
# What the database keeps about a row; a revision that fills a column changes it.
KEPT = {"version", "updated_at", "updated_by"}
ROLES = ("app_user", "app_trash")
QUERY = """
select nspname, relname, array_agg(attname::text order by attnum)
from pg_class c join pg_namespace n on n.oid = relnamespace join pg_attribute on attrelid = c.oid
where relkind in ('r', 'p') and nspname in ('app', 'auth') and attnum > 0 and not attisdropped
group by nspname, relname"""


def columns(url: str) -> Columns:
    """Every table of ours."""
    with psycopg.connect(url) as owner:
        return {(schema, table): names for schema, table, names in owner.execute(QUERY)}


def truth(url: str, tables: Columns) -> Rows:
    """Every row, as the superuser."""
    with psycopg.connect(url) as owner:
        return {table: _rows(owner, table, names) for table, names in tables.items()}


def seen(database: Database, people: dict[str, UUID], tables: Columns) -> Rows:
    """Every row that a person sees, as each role that a request may take; none where the role may not ask."""
    found: Rows = {}
    for name, who in people.items():
        for role in ROLES:
            with acting(database.api, who, role) as connection:
                for table, names in tables.items():
                    if table[0] == "app":
                        found[name, role, *table] = _attempt(connection, table, names)
    return found


def _attempt(connection: psycopg.Connection[Any], table: tuple[str, str], names: list[str]) -> frozenset[Row]:
    connection.execute("savepoint attempt")
    try:
        granted = "select name from unnest(%s::text[]) name where has_column_privilege(%s, name, 'select')"
        mine = [name for (name,) in connection.execute(granted, [names, ".".join(table)])]
        return _rows(connection, table, mine) if mine else frozenset()
    except psycopg.errors.InsufficientPrivilege:
        connection.execute("rollback to savepoint attempt")
        return frozenset()


def _rows(connection: psycopg.Connection[Any], table: tuple[str, str], names: list[str]) -> frozenset[Row]:
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    query = sql.SQL("select to_jsonb(r) from (select {} from {}) r").format(listed, sql.Identifier(*table))
    return frozenset(
        frozenset((name, json.dumps(value)) for name, value in row.items() if name not in KEPT)
        for (row,) in connection.execute(query)
    )


def narrowed(rows: Rows, tables: Columns) -> Rows:
    """Without the columns and tables that are gone."""
    return {
        key: frozenset(frozenset(pair for pair in row if pair[0] in tables[key[-2], key[-1]]) for row in found)
        for key, found in rows.items()
        if key[-2:] in tables
    }
