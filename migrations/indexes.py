"""Compares what Alembic does not of an index with a known name: its condition, and the columns that it covers."""

from alembic.operations.ops import CreateIndexOp, DropIndexOp, ModifyTableOps
from sqlalchemy import Connection, Index, MetaData, Table, text
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.elements import quoted_name

from migrations.message import send

# Everything behind the names: method, columns, what is covered, condition.
FOUND = """
select nspname, relname, substring(pg_get_indexdef(c.oid) from ' USING (.*)')
from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'i' and nspname in ('app', 'auth')"""


def changed(connection: Connection, metadata: MetaData) -> list[Index]:
    """The models' indexes that the database has otherwise. Makes empty tables to compare with: the caller rolls back."""
    ours = {(str(table.schema), str(index.name)): index for table in metadata.sorted_tables for index in table.indexes}
    scratch = {key: f"scratch_{number}" for number, key in enumerate(sorted(ours))}
    statements = []
    for table in metadata.tables.values():
        copy = table.to_metadata(MetaData(), name=f"scratch_{table.name}")
        statements.append(f"create table {copy.fullname} (like {table.fullname})")
        for index in copy.indexes:
            index.name = quoted_name(scratch[str(table.schema), str(index.name)], quote=None)
            statements.append(str(CreateIndex(index).compile(dialect=connection.dialect)))
    send(connection, statements)
    found = {(schema, name): definition for schema, name, definition in connection.execute(text(FOUND))}
    return [ours[schema, name] for (schema, name), other in scratch.items() if found[schema, name] != found[schema, other]]


def operations(connection: Connection, indexes: list[Index]) -> list[ModifyTableOps]:
    """One drop and one create for each."""
    return [_replacement(connection, index) for index in indexes]


def _replacement(connection: Connection, index: Index) -> ModifyTableOps:
    table = index.table
    assert table is not None
    # The way back makes the index as it was found.
    found = Table(table.name, MetaData(), schema=table.schema, autoload_with=connection, resolve_fks=False)
    old = next(each for each in found.indexes if each.name == index.name)
    return ModifyTableOps(table.name, [DropIndexOp.from_index(old), CreateIndexOp.from_index(index)], schema=table.schema)
