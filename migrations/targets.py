"""Puts first what a new foreign key points at: Postgres wants the target to be unique before the key is made."""

from alembic.operations.ops import AddColumnOp, CreateUniqueConstraintOp, MigrateOperation, ModifyTableOps


def first(pending: list[MigrateOperation]) -> list[MigrateOperation]:
    """The same operations; unique constraints, and the new columns that they are on, come before everything else."""
    targets: list[MigrateOperation] = []
    rest: list[MigrateOperation] = []
    for each in pending:
        if isinstance(each, ModifyTableOps):
            unique = [op for op in each.ops if isinstance(op, CreateUniqueConstraintOp)]
            named = {str(column) for op in unique for column in op.columns}
            born = [op for op in each.ops if isinstance(op, AddColumnOp) and op.column.name in named]
            targets += [ModifyTableOps(each.table_name, [*born, *unique], schema=each.schema)] * bool(unique)
            each.ops = [op for op in each.ops if op not in unique and op not in born]
        rest.append(each)
    return targets + rest
