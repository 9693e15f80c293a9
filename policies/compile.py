"""Access of every table as alembic-utils entities, in the order in which they can be made.

SQL decides, Python distributes: a table names its pattern, or several, in `table.info["access"]`; the text of
`policies/<pattern>.sql` is taken as it stands with `{table}` filled in, and nothing here builds a predicate.
"""

import re
from collections.abc import Iterable, Iterator

from alembic_utils.pg_function import PGFunction
from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_policy import PGPolicy
from alembic_utils.pg_trigger import PGTrigger
from alembic_utils.replaceable_entity import ReplaceableEntity
from sqlalchemy import ForeignKeyConstraint, Table

from policies import fence, findings
from policies.entities import PolicyComment, Procedure, RowSecurity, Unsampled, function_grants
from policies.sql import FOLDER, Refused, statements

# One policy and nothing hidden behind it: no semicolon, comment, quoted name or $$ inside, and no second statement.
POLICY = re.compile(r'create policy \w+ on (?P<table>[\w.]+)\s(?:(?!--|/\*|create\s)[^;"$])*')

# What a request becomes, app_user and so on; policies/roles.sql makes app_as_user and so on to try what those may.
TRIED = ("user", "guest", "trash")


def identity() -> Iterator[ReplaceableEntity]:
    """Functions that no table is needed for: column defaults use them, so they come before the tables."""
    yield from _functions("seal.sql")
    yield from _functions("identity.sql")


def entities(tables: Iterable[Table]) -> Iterator[ReplaceableEntity]:
    """Everything else: functions, row security, policies with their comments, triggers, grants, and the audit.

    Raises: Refused where a pattern file is missing, holds anything but `create policy` statements, or lacks a fence.
    """
    tables = sorted(tables, key=lambda table: table.fullname)
    for path in sorted((FOLDER / "functions").glob("*.sql")):
        yield from _functions(f"functions/{path.name}")
    if (FOLDER / "functions" / "each" / "as.sql").exists():
        for role in TRIED:
            yield from _functions("functions/each/as.sql", role=role)
    for table in tables:
        for pattern in table.info["access"].split():
            if (FOLDER / "functions" / "each" / f"{pattern}.sql").exists():
                yield from _functions(f"functions/each/{pattern}.sql", **_names(table))
    parents = {parent for table in tables for parent in table.info.get("parents", {}).values()}
    for table in tables:
        yield RowSecurity(str(table.schema), table.name, "forced")
        yield from (Unsampled(str(table.schema), f"{table.name}.{column}", "0") for column in table.info.get("written", ()))
        besides = ["inspected"] * (table.schema == "app") + ["parent"] * (table.name in parents)
        yield from _access(table, besides)
        yield from _grants(table)
    for table in tables:
        yield from _triggers(table)
    yield from findings.entities()


def _functions(path: str, **names: str) -> Iterator[ReplaceableEntity]:
    for text, comment in statements(path, **names):
        if grants := function_grants(text):
            yield from grants
            continue
        made = Procedure.from_sql(text) if text.startswith("create procedure") else PGFunction.from_sql(text)
        yield made
        # The name that the comment opens with is for who reads the file.
        yield findings.comment(made, comment.partition(": ")[2])


def _access(table: Table, besides: list[str]) -> Iterator[ReplaceableEntity]:
    found = []
    for pattern in [*table.info["access"].split(), *besides]:
        path = f"{pattern}.sql"
        for policy, comment in _policies(table, path):
            found.append((path, policy))
            yield policy
            if comment:
                yield PolicyComment(policy.schema, f"{policy.signature} on {table.fullname}", comment)
    fence.check(table, found)


def _policies(table: Table, path: str) -> Iterator[tuple[PGPolicy, str]]:
    if not (FOLDER / path).exists():
        raise Refused(f"{table.fullname}: there is no policies/{path}; name a pattern that exists, or write that file")
    for text, comment in [*fence.borrowed(path, table), *statements(path, **_names(table))]:
        whole = POLICY.fullmatch(text)
        if not whole or whole["table"] != table.fullname:
            raise Refused(
                f"policies/{path}: {table.fullname}: only `create policy … on {{table}} …;` may stand here, not {text[:60]!r}"
            )
        yield PGPolicy.from_sql(text), comment


def _names(table: Table) -> dict[str, str]:
    """What a file leaves open: the table, and the parent whose rows it tells something of."""
    names = {"table": table.fullname, "name": table.name}
    for column, parent in table.info.get("parents", {}).items():
        names |= {"column": column, "parent": parent}
    return names


def _grants(table: Table) -> Iterator[ReplaceableEntity]:
    schema = str(table.schema)
    for role, command, columns in table.info["grants"]:
        yield PGGrantTable(schema, table.name, role, command, columns=list(columns) or None)


def _triggers(table: Table) -> Iterator[ReplaceableEntity]:
    names: list[tuple[str, dict[str, str]]] = []
    if "version" in table.c:
        names.append(("touch", {}))
    if "deleted_at" in table.c:
        names.append(("bin_time", {}))
    if table.info.get("append_only"):
        names.append(("append_only", {}))
    for kind in ("guard", "consequence"):
        names += [(kind, {kind: name, "events": events}) for name, events in table.info.get(f"{kind}s", {}).items()]
    for column, parent in table.info.get("parents", {}).items():
        key = _foreign_key(table, column)
        names.append(("live_parent", _family(table, parent, key, column)))
        if "deleted_at" in table.c:
            names.append(("bin_children", _family(table, parent, key, column)))
        if "shares" in table.info["access"].split() and (written := _written(key.referred_table)):
            names.append(("shares", _family(table, parent, key, column) | {"written": written}))
    for template, replaced in names:
        for text, _ in statements(f"triggers/{template}.sql", table=table.fullname, **replaced):
            yield PGFunction.from_sql(text) if text.startswith("create function") else PGTrigger.from_sql(text)


def _foreign_key(table: Table, column: str) -> ForeignKeyConstraint:
    return next(key for key in table.foreign_key_constraints if key.column_keys[-1] == column)


def _written(table: Table) -> str:
    changes = (names for role, command, names in table.info["grants"] if (role, command) == ("app_user", "UPDATE"))
    return ", ".join(next(changes, ()))


def _family(table: Table, parent: str, key: ForeignKeyConstraint, column: str) -> dict[str, str]:
    binned = "deleted_at" in table.c
    pairs = [(element.parent.name, element.column.name) for element in key.elements]
    return {
        "child": table.name,
        "parent": parent,
        "parent_table": f"{table.schema}.{parent}",
        "column": column,
        "constraint": str(key.name),
        "parent_is_new": " and ".join(f"{theirs} = new.{ours}" for ours, theirs in pairs),
        "child_is_new": " and ".join(f"{ours} = new.{theirs}" for ours, theirs in pairs),
        "update_columns": ", ".join([ours for ours, _ in pairs] + ["deleted_at"] * binned),
        "when_live": "when (new.deleted_at is null)" if binned else "",
    }
