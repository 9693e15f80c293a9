"""The line `-- needs:` of a pattern is all that its policies stand on, so a table that has those columns gets them."""

from itertools import chain

import psycopg
import pytest

from db.patterns import EVERYBODY, Need, names, pattern
from policies.fence import BORROWS
from policies.sql import source, statements
from tests.server import Database


def written(need: Need) -> str:
    """The column as SQL."""
    return f"{need.name} {need.type}{' not null' * need.required}{f' default {need.default}' if need.default else ''}"


@pytest.mark.parametrize("name", names())
def test_policies_stand_on_what_their_file_needs(own_database: Database, name: str) -> None:
    columns = {need.name: written(need) for need in pattern(name).needs}
    with psycopg.connect(own_database.owner) as connection:
        connection.execute(f"create table app.needy ({', '.join(columns.values())})".encode())
        policies = statements(f"{name}.sql", table="app.needy")
        for policy in policies:
            connection.execute(policy.text.encode())
    assert policies


def test_what_keeps_rows_apart_is_needed_too() -> None:
    for name in names():
        found = pattern(name)
        assert set(found.within) <= {need.name for need in found.needs} | {EVERYBODY}, name
    assert {"owner_id", "workspace_id", EVERYBODY} <= set(chain.from_iterable(pattern(name).within for name in names()))


def test_head_is_read_alike_by_both_who_read_it() -> None:
    for name in names():
        found = BORROWS.search(source(f"{name}.sql"))
        assert (found and found[1]) == pattern(name).fence
