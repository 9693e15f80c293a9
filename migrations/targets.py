"""Puts first what a newborn table's foreign key points at: Postgres wants the target to be unique before the key is made."""

from alembic.operations.ops import AddColumnOp, CreateUniqueConstraintOp, MigrateOperation, ModifyTableOps


def first(pending: list[MigrateOperation]) -> list[MigrateOperation]:
    """The same operations; unique constraints on columns that are there already come before everything else."""
    targets: list[MigrateOperation] = []
    rest: list[MigrateOperation] = []
    for each in pending:
        if isinstance(each, ModifyTableOps):
            born = {op.column.name for op in each.ops if isinstance(op, AddColumnOp)}
            unique = [
                op for op in each.ops if isinstance(op, CreateUniqueConstraintOp) and born.isdisjoint(map(str, op.columns))
            ]
            targets += [ModifyTableOps(each.table_name, [*unique], schema=each.schema)] * bool(unique)
            each.ops = [op for op in each.ops if op not in unique]
        rest.append(each)
    return targets + rest
