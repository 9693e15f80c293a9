"""Keeps in the database what isolation stands on after each revision: whatever differs from it was done by hand."""

from typing import Any

import psycopg

from db.refusal import Refusal

Connection = psycopg.Connection[Any]

# By the catalog, since a login that is nobody yet may not look into the schema.
KNOWN = """
select exists (select from pg_catalog.pg_proc join pg_catalog.pg_namespace n on n.oid = pronamespace
  where nspname = 'audit' and proname = 'facts')
  and exists (select from pg_catalog.pg_roles where rolname = 'app_owner' and pg_has_role(oid, 'member'))"""


def known(connection: Connection) -> bool:
    """Whether the schema has come to where it can say what isolation stands on, and this login may ask."""
    row = connection.execute(KNOWN.encode()).fetchone()
    return bool(row and row[0])


def facts(connection: Connection) -> list[str]:
    """What isolation stands on now; nothing where the schema cannot say."""
    if not known(connection):
        return []
    return [line for (line,) in _as_owner(connection, "select audit.facts()")]


def record(connection: Connection, reason: str, before: list[str]) -> None:
    """What has changed since `before` is right from now on.

    Raises: Refusal where it would hide what was done by hand.
    """
    if known(connection):
        try:
            _as_owner(connection, "select audit.record(%s, %s)", reason, before)
        except psycopg.errors.RaiseException as error:
            raise Refusal(f"{reason}: {error.diag.message_primary} ({error.diag.message_hint})") from error
    elif before:
        # The schema went back to before it could say.
        _as_owner(connection, "update audit.expected set until = %s, until_at = now() where until is null", reason)


def _as_owner(connection: Connection, statement: str, *values: object) -> list[tuple[Any, ...]]:
    row = connection.execute("show role").fetchone()
    connection.execute("set local role app_owner")
    found = connection.execute(statement.encode(), values)
    rows = found.fetchall() if found.description else []
    connection.execute("select pg_catalog.set_config('role', %s, true)", row)
    return rows
