"""What Postgres will make of a table, from its metadata: its indexes, those of its constraints too, and its types."""

from typing import Any, NamedTuple

from sqlalchemy import Column, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class Known(NamedTuple):
    """An index: its columns in order (an expression leaves a gap), unique, of the key, and its condition."""

    columns: list[str]
    unique: bool
    primary: bool
    condition: str | None


def indexes(table: Table) -> list[Known]:
    """In the order of their columns, so that what is said of them is always the same."""
    found = [
        Known([column.name for column in each.columns], True, isinstance(each, PrimaryKeyConstraint), None)
        for each in table.constraints
        if isinstance(each, PrimaryKeyConstraint | UniqueConstraint)
    ]
    for index in table.indexes:
        condition = index.dialect_options["postgresql"]["where"]
        columns = [_name(expression, table) for expression in index.expressions]
        found.append(Known(columns, bool(index.unique), False, None if condition is None else str(condition)))
    return sorted(found, key=lambda known: (known.columns, known.condition or ""))


def printed(column: Column[Any]) -> str:
    """The column's type as Postgres calls it."""
    name = str(column.type.compile(dialect=DIALECT)).lower()
    return "double precision" if name == "float" else name


def _name(expression: Any, table: Table) -> str:
    return next((column.name for column in table.columns if column is expression), "")
