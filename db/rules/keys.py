"""Keys: none points out of its owner or tenant, tells what others have, deletes what is theirs, or reads a whole table."""

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import UUID, Column, ForeignKeyConstraint, Table

from db.patterns import EVERYBODY
from db.rules.catalog import indexes

PERSON = "app.users.id"


def points_at_what_is_there(table: Table) -> Iterator[str]:
    """Each foreign key's target is a column of a table, and each of `__parents__` has a foreign key."""
    keyed = {key.column_keys[-1] for key in table.foreign_key_constraints}
    for column, parent in table.info["parents"].items():
        if column not in keyed:
            yield f"`__parents__` says that {column} names one of {parent}, and no foreign key does: add one to keys()"
    for key in table.foreign_key_constraints:
        for element in key.elements:
            target, _, column = element.target_fullname.rpartition(".")
            if column not in getattr(table.metadata.tables.get(target), "c", ()):
                yield (
                    f"the foreign key ({', '.join(key.column_keys)}) points at {element.target_fullname}, which is not there: "
                    "name a parent that is within the same owner or tenant"
                )


def points_at_nothing_outside(table: Table) -> Iterator[str]:
    """A foreign key carries the owner or tenant; without it the key's errors tell which rows exist."""
    mine = table.info["within"]
    for key in _foreign_keys(table):
        target = key.elements[0].column.table
        theirs = target.info["within"]
        carried = any(element.parent.name in mine and element.column.name in theirs for element in key.elements)
        # Of a person or workspace itself nothing but the key is carried, and the database writes it, or a fence compares it.
        itself = [element.parent.name for element in key.elements if element.column.primary_key and theirs == ("id",)]
        if EVERYBODY not in theirs and not carried and (not itself or set(itself) & _written(table)):
            yield (
                f"the foreign key ({', '.join(key.column_keys)}) to {target.fullname} forgets the owner or tenant, so it tells "
                f"which rows of others exist: {_remedy(target, mine, theirs)}"
            )


def serves_every_foreign_key(table: Table) -> Iterator[str]:
    """An index that is not partial begins with a foreign key's columns, or deleting a parent reads the whole table."""
    for key in _foreign_keys(table):
        columns = list(key.column_keys)
        leads = [set(known.columns[: len(columns)]) for known in indexes(table) if not known.condition]
        if set(columns) not in leads:
            names = ", ".join(f'"{name}"' for name in columns)
            yield f"the foreign key ({', '.join(columns)}) has no index: add `Index(None, {names})` to keys()"


def tells_nobody_what_others_have(table: Table) -> Iterator[str]:
    """A unique constraint begins with owner or tenant, or its error tells one user what another has; nobody guesses a uuid."""
    apart = table.info["within"]
    for known in indexes(table):
        unguessed = known.primary and isinstance(table.c[known.columns[0]].type, UUID)
        if known.unique and not unguessed and EVERYBODY not in apart and known.columns[0] not in apart:
            names = ", ".join(name or "an expression" for name in known.columns)
            yield (
                f"unique ({names}) tells one person what another has: begin it with {' or '.join(apart)}, "
                f'as in `UniqueConstraint("{apart[0]}", …)`'
            )


def deletes_no_row_of_others(table: Table) -> Iterator[str]:
    """`on delete cascade` ignores policies: it may follow a key that names one person, whose the rows are on both sides."""
    apart = table.info["within"]
    for key in _foreign_keys(table):
        cascades = "CASCADE" in {str(key.ondelete).upper(), str(key.onupdate).upper()}
        if cascades and not any(_person(element.parent) for element in key.elements if element.parent.name in apart):
            yield (
                f"the foreign key ({', '.join(key.column_keys)}) deletes rows that somebody else may own, past every policy: "
                "leave `ondelete` out, the bin takes children along"
            )


def _foreign_keys(table: Table) -> list[ForeignKeyConstraint]:
    return sorted(table.foreign_key_constraints, key=lambda key: list(key.column_keys))


def _written(table: Table) -> set[str]:
    """Columns that a request writes."""
    return {name for _, command, names in table.info["grants"] if command in {"INSERT", "UPDATE"} for name in names}


def _remedy(target: Table, mine: Iterable[str], theirs: Iterable[str]) -> str:
    shared = next((name for name in mine if name in theirs), None)
    if shared:
        return f'make it ({shared}, …) to ("{target.fullname}.{shared}", "{target.fullname}.id"), as `__parents__` does'
    if f"{target.fullname}.id" == PERSON and "workspace_id" in mine:
        return "point (workspace_id, …) at app.memberships (workspace_id, user_id)"
    return "keep the id without a foreign key, or give the table the parent's pattern"


def _person(column: Column[Any]) -> bool:
    return any(key.target_fullname == PERSON for key in column.foreign_keys)
