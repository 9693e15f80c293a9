"""Data rules, read from the catalog, so that they hold for tables yet to come: defaults, limits, keys and indexes."""

import pytest
from pydantic_core import PydanticUndefined

from db.base import Row, Table, TenantRow
from db.models import metadata, tables
from db.patterns import EVERYBODY
from db.rules.columns import LEAKPROOF
from tests.policies.catalog import TABLES, Connection, rows

NAMES = """array(select attname::text from unnest({keys}) with ordinality k (number, place)
  join pg_attribute on attrelid = {table} and attnum = number order by place)"""
# What functions and triggers of the database, or a request, give every row.
GIVEN = {
    "secret", "bucket", "workspace_id", "user_id", "password_hash", "email", "session_id", "token_hash", "owner_id", "whom",
    "until",
}  # fmt: skip
RELATIONS = "pg_class c join pg_namespace n on n.oid = relnamespace"


def indexes(connection: Connection, table: str) -> list[tuple[str, list[str], bool, bool, bool]]:
    """Name, key columns in order (an expression leaves a gap), unique, primary, partial."""
    columns = NAMES.format(keys="indkey::int2[]", table="indrelid")
    query = f"""
        select indexrelid::regclass::text, ({columns})[:indnkeyatts], indisunique, indisprimary, indpred is not null
        from pg_index where indrelid = %s::regclass"""
    return rows(connection, query, table)


def foreign_keys(connection: Connection) -> list[tuple[str, str, list[str], list[str]]]:
    """Name, table, columns, and the columns that they refer to."""
    ours, theirs = NAMES.format(keys="conkey", table="conrelid"), NAMES.format(keys="confkey", table="confrelid")
    query = f"""
        select conname, conrelid::regclass::text, {ours}, {theirs}
        from pg_constraint join {RELATIONS} on c.oid = conrelid where contype = 'f' and {TABLES}"""
    return rows(connection, query)


def test_every_foreign_key_has_an_index_that_leads_with_its_columns(owner: Connection) -> None:
    """Or deleting a parent reads all children; a partial index does not serve that."""
    keys = foreign_keys(owner)
    assert len(keys) > 20
    for name, table, columns, _ in keys:
        leads = [set(found[: len(columns)]) for _, found, _, _, partial in indexes(owner, table) if not partial]
        assert set(columns) in leads, name


def test_foreign_key_between_rows_of_a_workspace_cannot_leave_it(owner: Connection) -> None:
    """A key without the tenant would also tell whether a stranger's row exists. users and workspaces are no one's rows."""
    tenants = {model.__table__.fullname for model in tables() if issubclass(model, TenantRow)}  # type: ignore[attr-defined]
    query = "select conname, confrelid::regclass::text from pg_constraint where contype = 'f'"
    parents = dict(rows(owner, query))
    checked = [(columns, theirs) for name, _, columns, theirs in foreign_keys(owner) if parents[name] in tenants]
    assert len(checked) >= 2
    for columns, theirs in checked:
        assert columns[0] == theirs[0] == "workspace_id"


def test_unique_index_cannot_tell_what_somebody_else_has(owner: Connection) -> None:
    """In schema app; the primary key is exempt, since nobody guesses a uuid."""
    apart = {name: table.info["within"] for name, table in metadata.tables.items() if table.schema == "app"}
    unique = [(table, index) for table in apart for index in indexes(owner, table) if index[2] and not index[3]]
    assert len(unique) >= 3
    for table, (name, columns, *_) in unique:
        assert EVERYBODY in apart[table] or columns[0] in apart[table], name


@pytest.mark.parametrize("name", metadata.tables)
def test_index_leads_with_owner_or_tenant(owner: Connection, name: str) -> None:
    """But the primary key, and those that find an erased person's rows for a foreign key."""
    table = metadata.tables[name]
    apart = table.info["within"]
    people = [[*key.column_keys] for key in table.foreign_key_constraints if key.elements[0].target_fullname == "app.users.id"]
    for index, columns, _, primary, _ in indexes(owner, name):
        assert primary or EVERYBODY in apart or columns[0] in apart or columns in people, index


@pytest.mark.parametrize("model", tables(), ids=lambda model: model.__tablename__)
def test_default_in_python_is_one_of_the_column_too(owner: Connection, model: type[Table]) -> None:
    query = f"""
        select attname, attnotnull, atthasdef from pg_attribute join {RELATIONS} on c.oid = attrelid
        where {TABLES} and relname = %s and attnum > 0 and not attisdropped"""
    found = {name: (required, default) for name, required, default in rows(owner, query, model.__tablename__)}
    assert found.keys() == model.model_fields.keys()
    for name, field in model.model_fields.items():
        required, default = found[name]
        if field.default not in (None, PydanticUndefined):
            assert default, name
        elif field.default is None and required and name not in GIVEN:
            assert default, f"{name}: nobody gives it a value"


def test_every_text_has_a_limit(owner: Connection) -> None:
    query = f"""
        select c.oid::regclass || '.' || attname from pg_attribute join {RELATIONS} on c.oid = attrelid
        where {TABLES} and attnum > 0 and not attisdropped
          and atttypid in ('text'::regtype, 'varchar'::regtype, 'bytea'::regtype)
          and not exists (select from pg_constraint where conrelid = c.oid and contype = 'c' and conkey = array[attnum])"""
    assert rows(owner, query) == []
    assert len(rows(owner, "select from pg_constraint where contype = 'c' and connamespace = 'app'::regnamespace")) > 10


def test_types_whose_operators_leak_are_not_used(owner: Connection) -> None:
    """Under row security an index serves leakproof operators alone: no enum, numeric, jsonb, or text search."""
    query = f"""
        select c.oid::regclass::text, attname, format_type(atttypid, null)
        from pg_attribute join {RELATIONS} on c.oid = attrelid
        where {TABLES} and attnum > 0 and not attisdropped"""
    for table, column, kind in rows(owner, query):
        assert kind in LEAKPROOF or column in metadata.tables[table].info["unfiltered"], (table, column)


def test_history_of_a_row_is_always_there(owner: Connection) -> None:
    kept = {model.__tablename__ for model in tables() if issubclass(model, Row)}
    # A session and a key say themselves when they were made and used; a look is never changed.
    without = {"sessions", "keys", "looks"}
    assert {model.__tablename__ for model in tables() if model.__schema__ == "app"} - kept == without
    for column in ("created_at", "updated_at", "version"):
        query = f"""
            select relname from pg_attribute join {RELATIONS} on c.oid = attrelid
            where {TABLES} and nspname = 'app' and attname = %s and attnotnull and atthasdef"""
        assert {*rows(owner, query, column)} - without == kept
