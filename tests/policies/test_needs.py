"""The line `-- needs:` of a pattern is all that its policies stand on, so a table that has those columns gets them."""

from itertools import chain

import psycopg
import pytest

from db.models import metadata
from db.patterns import EVERYBODY, Need, names, pattern
from policies.fence import BORROWS
from policies.sql import source, statements
from tests.server import Database

# Patterns that stand alone, and those that stand beside another as the tables have it.
SETS = sorted({table.info["access"] for table in metadata.tables.values()} | {name for name in names() if pattern(name).within})


def written(need: Need) -> str:
    """The column as SQL."""
    return f"{need.name} {need.type}{' not null' * need.required}{f' default {need.default}' if need.default else ''}"


@pytest.mark.parametrize("access", SETS)
def test_policies_stand_on_what_their_files_need(own_database: Database, access: str) -> None:
    columns = {need.name: written(need) for name in access.split() for need in pattern(name).needs}
    left = {"table": "app.needy", "name": "notes", "parent": "notes", "column": "owner_id"}
    policies = [policy for name in access.split() for policy in statements(f"{name}.sql", **left)]
    with psycopg.connect(own_database.owner) as connection:
        connection.execute(f"create table app.needy ({', '.join(columns.values())})".encode())
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
