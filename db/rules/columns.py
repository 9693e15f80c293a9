"""Columns: no text without an end, and none to filter by whose operators would keep an index from serving."""

import re
from collections.abc import Iterator

from sqlalchemy import CheckConstraint, Enum, LargeBinary, String, Table

from db.rules.catalog import printed

# Under row security an index serves leakproof operators alone: of these types, all that a btree index knows. A test reads
# the same from the catalog of a live server, and that those of numeric, jsonb, enums, arrays and ranges are not.
LEAKPROOF = frozenset(
    {
        "boolean", "smallint", "integer", "bigint", "real", "double precision", "uuid", "text", "varchar", "bytea", "inet",
        "date", "interval", "timestamp with time zone", "time without time zone",
    }
)  # fmt: skip


def limits_every_text(table: Table) -> Iterator[str]:
    """Each text and bytea has a CHECK of its length, or of the words that it may be."""
    checks = [str(check.sqltext) for check in table.constraints if isinstance(check, CheckConstraint)]
    for column in table.columns:
        limit = re.compile(rf"(char_length|octet_length)\({column.name}\)|^{column.name} in \(")
        endless = isinstance(column.type, String | LargeBinary) and not isinstance(column.type, Enum)
        if endless and not any(limit.search(check) for check in checks):
            yield f"{column.name} is text without a limit: give its Field max_length, or bytes a CHECK of their octet_length"


def filters_by_leakproof_types(table: Table) -> Iterator[str]:
    """Each column that a list may be filtered by, or an index has, is of a type whose operators are leakproof."""
    unfiltered = set(table.info["unfiltered"])
    for column in table.columns:
        kind = re.sub(r"\(.*\)", "", printed(column))
        if kind not in LEAKPROOF and column.name not in unfiltered:
            yield (
                f"{column.name} is {kind}, whose operators are not leakproof, so no index serves it under row security: "
                f"make it text, int, bool, date, datetime or UUID, or name it in `__unfiltered__`"
            )
    for name in sorted(unfiltered & {column.name for index in table.indexes for column in index.columns}):
        yield f"{name} is named in `__unfiltered__` and has an index that nothing could use: drop one of the two"
