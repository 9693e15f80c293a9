"""Checks a function's body as it will run, under policies, while revisions themselves run with `row_security = off`.

Postgres plans a body of `language sql` as it makes the function, and would refuse it for the tables that it reads.
"""

from typing import Any

from alembic.operations import Operations
from alembic_utils.pg_function import PGFunction
from alembic_utils.reversible_op import CreateOp, ReplaceOp, RevertOp


@Operations.implementation_for(CreateOp, replace=True)
@Operations.implementation_for(ReplaceOp, replace=True)
@Operations.implementation_for(RevertOp, replace=True)
def make(operations: Operations, operation: Any) -> None:
    """Executes what alembic-utils would."""
    entity = operation.target
    if isinstance(entity, PGFunction):
        operations.execute("set local row_security = on")
    if isinstance(operation, CreateOp):
        operations.execute(entity.to_sql_statement_create())
    else:
        for statement in entity.to_sql_statement_create_or_replace():
            operations.execute(statement)
    if isinstance(entity, PGFunction):
        operations.execute("set local row_security = off")
