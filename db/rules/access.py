"""Access: a table names a pattern, has the columns that the pattern needs, and leaves those alone that the database keeps."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Table, TextClause

from db.patterns import Need, names, pattern
from db.rules.catalog import printed

# Postgres has these of every table by itself.
SYSTEM = {"tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"}
LONG = {"timestamptz": "timestamp with time zone"}


def names_a_pattern(table: Table) -> Iterator[str]:
    """An access pattern is named, has a file, and says what keeps its rows apart."""
    patterns = table.info["access"].split()
    if not patterns:
        yield f'it names no access pattern: write `__access__ = "…"` with one of {", ".join(names())}'
    for name in patterns:
        if name not in names():
            yield (
                f"there is no policies/{name}.sql with a line `-- needs:` or `-- within:`: "
                f"name one of {', '.join(names())}, or write that file"
            )
        elif pattern(name).fence not in {None, *names()}:
            yield f"policies/{name}.sql borrows a fence that is not there: name one of {', '.join(names())}"
    if patterns and set(patterns) <= set(names()) and not any(pattern(name).within for name in patterns):
        yield (
            f"policies/{patterns[0]}.sql does not say what keeps rows apart: begin it with a line "
            "`-- within: <column>`, `-- within: everybody`, or `-- fence: <pattern>` to borrow that one's"
        )


def has_what_its_pattern_needs(table: Table) -> Iterator[str]:
    """Each column of the pattern's line `-- needs:` is there, of its type, not null and with its default where that says so."""
    for name in table.info["access"].split():
        for need in pattern(name).needs:
            column = table.c.get(need.name)
            lacks = "there is no such column" if column is None else _lacks(column, need)
            if lacks:
                yield (
                    f"policies/{name}.sql needs {_written(need)}, and {lacks}: derive from OwnedRow, TenantRow or Row, "
                    "which have it, or declare it so"
                )


def leaves_alone_what_the_database_keeps(table: Table) -> Iterator[str]:
    """A column that requests write is not one that the database keeps, or Postgres has by itself; none is declared twice."""
    for name in table.info["shadowed"]:
        yield f"{name} is named like a column that the database keeps: call yours something else"
    for name in sorted(SYSTEM & set(table.c.keys())):
        yield f"{name} is named like a column that Postgres has of every table: call yours something else"


def _lacks(column: Column[Any], need: Need) -> str | None:
    kind = printed(column)
    if kind != LONG.get(need.type, need.type):
        return f"it is {kind}"
    if need.required and column.nullable:
        return "it may be null"
    # A default that a trigger gives has no text; one of SQL has.
    given = getattr(column.server_default, "arg", None)
    text = given.text if isinstance(given, TextClause) else None
    return f"its default is {text or 'missing'}" if need.default and text != need.default else None


def _written(need: Need) -> str:
    return f"{need.name} {need.type}{' not null' * need.required}{f' default {need.default}' if need.default else ''}"
