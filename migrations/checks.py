"""Compares the text of CHECKs, which Alembic knows by name alone: a changed limit or vocabulary is a change of schema."""

from alembic.operations.ops import (
    CreateCheckConstraintOp,
    DropConstraintOp,
    ModifyTableOps,
)
from sqlalchemy import CheckConstraint, Connection, MetaData, Table, text
from sqlalchemy.sql.elements import conv

from migrations.message import send

FOUND = """
select conrelid::regclass::text, conname, pg_get_expr(conbin, conrelid), convalidated
from pg_constraint join pg_namespace n on n.oid = connamespace where contype = 'c' and nspname in ('app', 'auth')"""
Found = dict[tuple[str, str], tuple[str, bool]]


def found(connection: Connection) -> Found:
    """Table and name of every CHECK, with its condition as the catalog prints it and whether all rows were checked."""
    return {(table, name): (condition, valid) for table, name, condition, valid in connection.execute(text(FOUND))}


def changes(connection: Connection, metadata: MetaData, before: Found) -> list[ModifyTableOps]:
    """One drop and one create for each CHECK that `before` has otherwise. Makes them all: the caller rolls back."""
    ours = [(table, check, _name(connection, check)) for table in metadata.tables.values() for check in _checks(table)]
    again = "alter table {0} drop constraint if exists {1}, add constraint {1} check ({2}) not valid"
    send(connection, (again.format(table.fullname, name, check.sqltext) for table, check, name in ours))
    after = found(connection)
    return [
        _replacement(table, conv(name), before[table.fullname, name][0], str(check.sqltext))
        for table, check, name in ours
        if before.get((table.fullname, name)) not in {None, (after[table.fullname, name][0], True)}
    ]


def _checks(table: Table) -> list[CheckConstraint]:
    return [constraint for constraint in table.constraints if isinstance(constraint, CheckConstraint)]


def _name(connection: Connection, check: CheckConstraint) -> str:
    return str(connection.dialect.identifier_preparer.format_constraint(check))


def _replacement(table: Table, name: str, old: str, new: str) -> ModifyTableOps:
    back = CreateCheckConstraintOp(name, table.name, old, schema=table.schema)
    drop = DropConstraintOp(name, table.name, "check", schema=table.schema, _reverse=back)
    return ModifyTableOps(
        table.name, [drop, CreateCheckConstraintOp(name, table.name, new, schema=table.schema)], schema=table.schema
    )
