"""Reads the catalog of the worker's database as the superuser, who sees all of it."""

from typing import Any

import psycopg
from psycopg.rows import TupleRow

Connection = psycopg.Connection[TupleRow]
TABLES = "relkind in ('r', 'p') and nspname in ('app', 'auth')"


def rows(connection: Connection, query: str, *parameters: object) -> list[Any]:
    """Every row; one that has a single column is that value."""
    found = connection.execute(query.encode(), parameters or None).fetchall()
    return [row[0] if len(row) == 1 else row for row in found]


def tables(connection: Connection) -> list[str]:
    """Every table of the schemas app and auth, with its schema."""
    query = "select nspname || '.' || relname from pg_class c join pg_namespace n on n.oid = relnamespace"
    return sorted(rows(connection, f"{query} where {TABLES}"))
