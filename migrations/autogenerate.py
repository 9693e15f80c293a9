"""Compares the database's functions, policies, triggers and grants with the code's, in the same pass as its tables.

alembic-utils gives the entities and the operations. Its own comparison runs before the tables exist that a policy
needs, and tries each entity by itself; here the pending table changes and all entities are made in one savepoint, read
back as the catalog prints them, and rolled back.
"""

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

from alembic.autogenerate import comparators
from alembic.autogenerate.api import AutogenContext
from alembic.operations import Operations
from alembic.operations.ops import MigrateOperation, ModifyTableOps, UpgradeOps
from alembic.util import CommandError, DispatchPriority
from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.replaceable_entity import ReplaceableEntity, registry
from alembic_utils.reversible_op import CreateOp, DropOp, ReplaceOp
from alembic_utils.statement import normalize_whitespace
from sqlalchemy import Connection, TextClause, text
from sqlalchemy.orm import Session

from db.models import metadata
from db.refusal import Refusal
from migrations import bodies, checks, columns, indexes, results, targets
from migrations.message import send
from migrations.views import refuse_open
from policies.compile import entities, identity
from policies.entities import FunctionGrant, PolicyComment, Procedure, RowSecurity, Unsampled
from policies.found import STRANGERS, FoundGrant, FoundTrigger
from policies.sql import Refused
from policies.views import Comment, View, ViewGrant

SCHEMAS = ("app", "auth", "audit", "seal")
KINDS: list[type[ReplaceableEntity]] = [
    PGFunction, Procedure, FunctionGrant, RowSecurity, Unsampled, View, ViewGrant, Comment, PGPolicy, PolicyComment, FoundGrant,
    FoundTrigger,
]  # fmt: skip
# These name columns: Postgres refuses to alter a column under them, or takes them away with it. One that changes is
# dropped before the tables change and made again after, both in the revision's one transaction, and so on the way back.
OF_COLUMNS = (PGPolicy, PGTrigger, PGGrantTable, View, ViewGrant)
Found = dict[str, ReplaceableEntity]


class Nothing(ReplaceableEntity):
    """The only kind that alembic-utils' own comparison may look for: it would propose to drop all it does not know."""

    @classmethod
    def from_database(cls, sess: Session, schema: str = "%") -> list[Any]:
        return []


registry.register([], entity_types=[Nothing])


@comparators.dispatch_for("schema", priority=DispatchPriority.LAST)
def compare_entities(context: AutogenContext, upgrade: UpgradeOps, _schemas: Any) -> None:
    """Adds what differs: drops before the table operations, functions that no table needs likewise, the rest after."""
    connection = context.connection
    assert connection is not None and context.migration_context is not None
    early, late = _ours()
    known = {_key(entity) for entity in early + late}
    columns.settle(upgrade.ops)
    upgrade.ops = targets.first(upgrade.ops)
    live, limits = _catalog(connection), checks.found(connection)
    savepoint = connection.begin_nested()
    try:
        connection.execute(text("set local row_security = on"))  # as in migrations/bodies.py
        gone = [entity for key, entity in reversed(live.items()) if key not in known or isinstance(entity, OF_COLUMNS)]
        _send(connection, gone, lambda entity: [_text(entity.to_sql_statement_drop())])
        _make(connection, early)
        _apply(Operations(context.migration_context), upgrade.ops)
        _make(connection, late)
        wanted = _catalog(connection)
        pending = checks.changes(connection, metadata, limits)
        changed = indexes.changed(connection, metadata)
    finally:
        savepoint.rollback()
    unknown = {key for key in live if key not in known}
    dropped = unknown | _remade(late, live, wanted, columns.altered(upgrade.ops), unknown)
    upgrade.ops[:0] = [
        *(DropOp(entity) for key, entity in reversed(live.items()) if key in dropped),
        *_changes(early, live, wanted, dropped),
    ]
    upgrade.ops += [*pending, *indexes.operations(connection, changed), *_changes(late, live, wanted, dropped)]


def _ours() -> tuple[list[ReplaceableEntity], list[ReplaceableEntity]]:
    try:
        return list(identity()), list(entities(metadata.tables.values()))
    except Refused as refused:
        raise Refusal(str(refused)) from refused


def _remade(
    late: Iterable[ReplaceableEntity], live: Found, wanted: Found, altered: set[tuple[str, str]], gone: set[str]
) -> set[str]:
    """What is dropped and made again: comments and grants go with it, and views with one that they read."""
    remade: set[str] = set()
    for entity in late:
        before = live.get(_key(entity))
        if isinstance(before, PGFunction) and results.differ(before, wanted[_key(entity)]):
            remade |= {_key(entity)} | {key for key, each in live.items() if results.of(each, before)}
        other = before and (
            _differs(before, wanted[_key(entity)]) or columns.named(before, altered) or _reads(before, live, gone | remade)
        )
        if other and isinstance(entity, OF_COLUMNS):
            remade.add(_key(entity))
            if isinstance(entity, PGPolicy):
                comment = PolicyComment(entity.schema, f"{entity.signature} on {entity.on_entity}", "")
                remade |= {_key(comment)} & live.keys()
            if isinstance(entity, View):
                remade |= {key for key, each in live.items() if isinstance(each, ViewGrant | Comment) and each.of(entity)}
    return remade


def _reads(entity: ReplaceableEntity, live: Found, dropped: set[str]) -> bool:
    others = (live[key] for key in dropped if isinstance(live[key], View | PGFunction))
    return isinstance(entity, View) and any(entity.reads(other) for other in others)


def _changes(ordered: Iterable[ReplaceableEntity], live: Found, wanted: Found, dropped: set[str]) -> list[MigrateOperation]:
    changes: list[MigrateOperation] = []
    for entity in ordered:
        key = _key(entity)
        if key not in live or key in dropped:
            changes.append(CreateOp(entity))
        elif _differs(live[key], wanted[key]):
            entity._version_to_replace = live[key]  # type: ignore[assignment] # the way back is rendered from it
            changes.append(ReplaceOp(entity))
    return changes


def _make(connection: Connection, ordered: Iterable[ReplaceableEntity]) -> None:
    _send(connection, ordered, lambda entity: results.made(entity, map(_text, entity.to_sql_statement_create_or_replace())))


def _send(
    connection: Connection, ordered: Iterable[ReplaceableEntity], how: Callable[[ReplaceableEntity], Iterable[str]]
) -> None:
    send(connection, (each for entity in ordered for each in bodies.owned(entity, how(entity))))


def _text(statement: TextClause) -> str:
    # alembic-utils escapes colons for SQLAlchemy, which is not asked here.
    return statement.text.replace("\\:", ":")


def _apply(operations: Operations, pending: Iterable[MigrateOperation]) -> None:
    for operation in pending:
        if isinstance(operation, ModifyTableOps):
            _apply(operations, operation.ops)
        else:
            operations.invoke(operation)


def _catalog(connection: Connection) -> Found:
    found: Found = {}
    refuse_open(connection)
    for name, owner, ours in connection.execute(text(STRANGERS)):
        raise CommandError(f"{name} belongs to {owner}: `alter {name} owner to {ours}` gives it back")
    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        for kind, schema in product(KINDS, SCHEMAS):
            each: list[ReplaceableEntity] = kind.from_database(session, schema)
            for entity in each:
                if _key(entity) in found:
                    raise CommandError(f"two functions are called {entity.schema}.{entity.signature}: drop one by hand")
                found[_key(entity)] = entity
    return found


def _key(entity: ReplaceableEntity) -> str:
    name = entity.identity.partition(": ")[2]
    # The catalog prints a function's arguments in its own way; no two of ours share a name.
    return f"{entity.type_} {name.partition('(')[0] if isinstance(entity, PGFunction) else name}"


def _differs(one: ReplaceableEntity, other: ReplaceableEntity) -> bool:
    if isinstance(one, Comment):  # whose lines are what is read
        return one.definition != other.definition
    return normalize_whitespace(one.definition) != normalize_whitespace(other.definition)
