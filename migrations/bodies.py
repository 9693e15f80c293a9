"""Makes each entity as its owner, and checks a function's body as it will run: under policies.

Revisions themselves run with `row_security = off`. Postgres plans a body of `language sql` as it makes the function, and
would refuse it for the tables that it reads.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from alembic.operations import Operations
from alembic_utils.pg_function import PGFunction
from alembic_utils.replaceable_entity import ReplaceableEntity
from alembic_utils.reversible_op import CreateOp, DropOp, ReplaceOp, RevertOp

from policies.compile import TRIED

# What must see every row, or a seal; the functions by which those ask belong to whom they ask as.
INSPECTING = (
    "look", "looking", "looked", "attempt", "bind", "outcome", "holding", "membership", "verdict", "subject", "roles_to_ask",
    "explain", "who_can",
)  # fmt: skip
# Of a schema, or of single functions in one.
OWNERS = {
    "seal": "app_seal",
    **{f"audit.{name}": "app_inspector" for name in INSPECTING},
    **{f"audit.as_{role}": f"app_as_{role}" for role in TRIED},
}


def owned(entity: ReplaceableEntity, statements: Iterable[Any]) -> Iterator[Any]:
    """The statements, between those that become the schema's owner and app_owner again."""
    function = re.search(r"(\w+)\(", entity.signature)
    owner = OWNERS.get(f"{entity.schema}.{function[1]}" if function else "", OWNERS.get(entity.schema))
    yield from [f"set local role {owner}"] * bool(owner)
    yield from statements
    yield from ["set local role app_owner"] * bool(owner)


@Operations.implementation_for(CreateOp, replace=True)
@Operations.implementation_for(ReplaceOp, replace=True)
@Operations.implementation_for(RevertOp, replace=True)
def make(operations: Operations, operation: Any) -> None:
    """Executes what alembic-utils would."""
    entity = operation.target
    new = isinstance(operation, CreateOp)
    if isinstance(entity, PGFunction):
        operations.execute("set local row_security = on")
    for statement in owned(entity, [entity.to_sql_statement_create()] if new else entity.to_sql_statement_create_or_replace()):
        operations.execute(statement)
    if isinstance(entity, PGFunction):
        operations.execute("set local row_security = off")


@Operations.implementation_for(DropOp, replace=True)
def drop(operations: Operations, operation: Any) -> None:
    """Executes what alembic-utils would."""
    for statement in owned(operation.target, [operation.target.to_sql_statement_drop(cascade=operation.cascade)]):
        operations.execute(statement)
