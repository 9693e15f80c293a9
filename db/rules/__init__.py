"""What no table may be, refused as its file is read: one function a rule, one sentence a finding, all of them at once."""

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import Table

from db.refusal import Refusal
from db.rules import access, columns, keys, lists

Rule = Callable[[Table], Iterator[str]]

# What the other rules could not be asked without.
READABLE: tuple[Rule, ...] = (access.names_a_pattern, keys.points_at_what_is_there)
RULES: tuple[Rule, ...] = (
    access.has_what_its_pattern_needs,
    access.leaves_alone_what_the_database_keeps,
    columns.limits_every_text,
    columns.filters_by_leakproof_types,
    keys.points_at_nothing_outside,
    keys.serves_every_foreign_key,
    keys.tells_nobody_what_others_have,
    keys.deletes_no_row_of_others,
    lists.serves_every_list,
)


def refuse_unreadable(tables: Iterable[Table]) -> None:
    """Raises Refusal where a table's pattern or the target of its keys is not there."""
    _refuse(tables, READABLE)


def refuse(tables: Iterable[Table]) -> None:
    """Raises Refusal with every finding: the file, the table, what is wrong and what to write instead."""
    _refuse(tables, RULES)


def _refuse(tables: Iterable[Table], rules: Iterable[Rule]) -> None:
    each = ((table, rule) for table in tables for rule in rules)
    found = [f"{table.info['file']}: {table.fullname}: {finding}" for table, rule in each for finding in rule(table)]
    if found:
        raise Refusal("\n".join(found))
