"""Prints alembic-utils' operations so that a reviewer reads SQL: one call per entity, its text as it will be executed."""

from typing import Any

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import CreateForeignKeyOp, CreateIndexOp, DropIndexOp
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.replaceable_entity import ReplaceableEntity
from alembic_utils.reversible_op import CreateOp, DropOp, ReplaceOp, RevertOp

from policies.views import Comment


def written(entity: ReplaceableEntity, *, whole: bool = True) -> str:
    """Python that makes the entity again; for a drop its text is not needed."""
    if isinstance(entity, PGGrantTable):
        columns = f", {entity.columns!r}" if entity.columns else ""
        return f'PGGrantTable("{entity.schema}", "{entity.table}", "{entity.role}", "{entity.grant}"{columns})'
    # Functions escape colons as they are made, and would again in the revision.
    definition = entity.definition.replace("\\:", ":") if isinstance(entity, PGFunction) else entity.definition
    # Alembic indents what it writes down, which SQL may bear and the lines of a comment may not.
    quoted = repr(definition) if isinstance(entity, Comment) else f'r"""{definition}"""'
    definition = quoted if whole else '""'
    place = f', "{entity.on_entity}"' if isinstance(entity, PGPolicy | PGTrigger) else ""
    signature = entity.signature.replace('"', '\\"')
    return f'{_kind(entity).__name__}("{entity.schema}", "{signature}", {definition}{place})'


def _kind(entity: ReplaceableEntity) -> type[ReplaceableEntity]:
    # What was found in the catalog is written down as what it is.
    return next((kind for kind in (PGGrantTable, PGTrigger) if isinstance(entity, kind)), type(entity))


def _render(context: AutogenContext, call: str, entity: ReplaceableEntity, *, whole: bool = True) -> str:
    context.imports.add(f"from {_kind(entity).__module__} import {_kind(entity).__name__}")
    return f"op.{call}({written(entity, whole=whole)})"


@renderers.dispatch_for(CreateOp, replace=True)
def render_create(context: AutogenContext, operation: Any) -> str:
    """`op.create_entity(…)`."""
    return _render(context, "create_entity", operation.target)


@renderers.dispatch_for(DropOp, replace=True)
def render_drop(context: AutogenContext, operation: Any) -> str:
    """`op.drop_entity(…)`."""
    return _render(context, "drop_entity", operation.target, whole=False)


@renderers.dispatch_for(ReplaceOp, replace=True)
def render_replace(context: AutogenContext, operation: Any) -> str:
    """`op.replace_entity(…)` with the new text."""
    return _render(context, "replace_entity", operation.target)


@renderers.dispatch_for(RevertOp, replace=True)
def render_revert(context: AutogenContext, operation: Any) -> str:
    """`op.replace_entity(…)` with the text that stood before."""
    return _render(context, "replace_entity", operation.target._version_to_replace)


plain_foreign_key = renderers.dispatch(CreateForeignKeyOp)


@renderers.dispatch_for(CreateForeignKeyOp, replace=True)
def render_foreign_key(context: AutogenContext, operation: CreateForeignKeyOp) -> str:
    """A key of a table that is already there checks its rows, so it has to see them and those that they point to."""
    context.imports.add("from migrations.sighted import sighted")
    child = f"{operation.kw['source_schema']}.{operation.source_table}"
    parent = f"{operation.kw['referent_schema']}.{operation.referent_table}"
    tables = ", ".join(f'"{table}"' for table in dict.fromkeys((child, parent)))
    return f"with sighted({tables}):\n    {plain_foreign_key(context, operation)}"


plain_create_index, plain_drop_index = renderers.dispatch(CreateIndexOp), renderers.dispatch(DropIndexOp)


@renderers.dispatch_for(CreateIndexOp, replace=True)
def render_create_index(context: AutogenContext, operation: CreateIndexOp) -> str:
    """Inside `concurrently` where migrations/apart.py asks for it."""
    return _concurrently(context, operation, plain_create_index(context, operation))


@renderers.dispatch_for(DropIndexOp, replace=True)
def render_drop_index(context: AutogenContext, operation: DropIndexOp) -> str:
    """The same."""
    return _concurrently(context, operation, plain_drop_index(context, operation))


def _concurrently(context: AutogenContext, operation: CreateIndexOp | DropIndexOp, call: str) -> str:
    if not operation.kw.get("postgresql_concurrently"):
        return call
    context.imports.add("from migrations.concurrently import concurrently")
    return f'with concurrently("{operation.schema}.{operation.index_name}"):\n    {call}'
