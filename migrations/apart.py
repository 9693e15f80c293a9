"""Gives what would block a table in use a second revision: its indexes are built, and its rows checked, while others write."""

from collections.abc import Iterable
from typing import Any

from alembic.operations.ops import (
    CreateCheckConstraintOp,
    CreateIndexOp,
    CreateTableOp,
    DowngradeOps,
    DropIndexOp,
    ExecuteSQLOp,
    MigrateOperation,
    MigrationScript,
    ModifyTableOps,
    UpgradeOps,
)


def apart(_context: Any, _revision: Any, scripts: list[Any]) -> None:
    """Alembic's `process_revision_directives`: one script becomes two where there are both quick and slow operations."""
    (script,) = scripts
    now, later, checks = split(script.upgrade_ops.ops)
    if not later and not checks:
        return
    second = MigrationScript(
        f"{int(script.rev_id) + bool(now):04d}",
        UpgradeOps([], upgrade_token=script.upgrade_ops.upgrade_token),
        DowngradeOps([], downgrade_token=script.downgrade_ops.downgrade_token),
        message=f"{script.message}, afterwards" if now else script.message,
        head=script.rev_id if now else script.head,
        version_path=script.version_path,
    )
    assert second.upgrade_ops is not None and second.downgrade_ops is not None
    for up, down, operations in (
        (script.upgrade_ops, script.downgrade_ops, now),
        (second.upgrade_ops, second.downgrade_ops, later),
    ):
        up.ops = operations
        up.reverse_into(down)
    concurrent(second.upgrade_ops.ops + second.downgrade_ops.ops)
    second.upgrade_ops.ops += [validated(check) for check in checks]  # on the way back there is nothing to undo
    scripts[:] = [script, second] if now else [second]


def split(pending: Iterable[MigrateOperation]) -> tuple[list[MigrateOperation], list[MigrateOperation], list[Any]]:
    """What goes into one transaction; new and replaced indexes of tables in use; CHECKs that rows have yet to pass."""
    pending = list(pending)
    newborn = {(each.schema, each.table_name) for each in pending if isinstance(each, CreateTableOp)}
    now: list[MigrateOperation] = []
    later: list[MigrateOperation] = []
    checks: list[CreateCheckConstraintOp] = []
    for each in pending:
        if not isinstance(each, ModifyTableOps) or (each.schema, each.table_name) in newborn:
            now.append(each)
            continue
        names = {index.index_name for index in each.ops if isinstance(index, CreateIndexOp)}
        slow = [op for op in each.ops if isinstance(op, CreateIndexOp | DropIndexOp) and op.index_name in names]
        quick = [op for op in each.ops if op not in slow]
        now += [ModifyTableOps(each.table_name, quick, schema=each.schema)] * bool(quick)
        later += [ModifyTableOps(each.table_name, slow, schema=each.schema)] * bool(slow)
        checks += [op for op in quick if isinstance(op, CreateCheckConstraintOp)]
    for check in checks:
        check.kw["postgresql_not_valid"] = True
    return now, later, checks


def validated(check: CreateCheckConstraintOp) -> ExecuteSQLOp:
    """Reads every row, under a lock that stops no reader and no writer."""
    return ExecuteSQLOp(f"alter table {check.schema}.{check.table_name} validate constraint {check.constraint_name}")


def concurrent(pending: Iterable[MigrateOperation]) -> None:
    """Marks what migrations/render.py puts into `concurrently`."""
    for each in pending:
        if isinstance(each, ModifyTableOps):
            concurrent(each.ops)
        elif isinstance(each, CreateIndexOp):
            each.if_not_exists, each.kw["postgresql_concurrently"] = True, True
        elif isinstance(each, DropIndexOp):
            each.if_exists, each.kw["postgresql_concurrently"] = True, True
