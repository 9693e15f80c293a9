"""Which columns the pending operations drop or alter, and which policies, triggers and views name one of them."""

import re
from collections.abc import Iterable

from alembic.operations.ops import AlterColumnOp, CreateTableOp, DropColumnOp, MigrateOperation, ModifyTableOps
from alembic_utils.on_entity_mixin import OnEntityMixin
from alembic_utils.replaceable_entity import ReplaceableEntity
from sqlalchemy import FetchedValue

from policies.views import View

Column = tuple[str, str]


def settle(pending: Iterable[MigrateOperation]) -> None:
    """A default that the database fetches from a trigger is none in the catalog, and so in the revision; nor is what the
    compiler is told of a table, which a revision spells out.
    """
    for operation in pending:
        if isinstance(operation, CreateTableOp):
            operation.info = {}
        if isinstance(operation, ModifyTableOps):
            settle(operation.ops)
        elif isinstance(operation, AlterColumnOp) and type(operation.modify_server_default) is FetchedValue:
            operation.modify_server_default = None


def altered(pending: Iterable[MigrateOperation]) -> set[Column]:
    """Table and column of what Postgres refuses under a policy, trigger or view that names the column."""
    found: set[Column] = set()
    for operation in pending:
        if isinstance(operation, ModifyTableOps):
            found |= altered(operation.ops)
        elif isinstance(operation, DropColumnOp) or (
            isinstance(operation, AlterColumnOp) and operation.modify_type is not None
        ):
            found.add((f"{operation.schema}.{operation.table_name}", operation.column_name))
    return found


def named(entity: ReplaceableEntity, columns: set[Column]) -> bool:
    """Whether this policy, trigger or view names one of the columns; a word that only looks like one does no harm."""
    words = set(re.findall(r"\w+", entity.definition))
    if isinstance(entity, View):
        return any({table.rpartition(".")[2], column} <= words for table, column in columns)
    return isinstance(entity, OnEntityMixin) and any(table == entity.on_entity and column in words for table, column in columns)
