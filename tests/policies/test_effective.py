"""`policies/effective.sql` says what the catalog says, word for word the same on every version of Postgres."""

import difflib

from policies import effective
from tests.policies.catalog import Connection, rows, tables


def test_committed_text_is_what_the_catalog_says(owner: Connection) -> None:
    now = effective.effective(owner)
    difference = difflib.unified_diff(effective.FILE.read_text().splitlines(), now.splitlines(), "committed", "catalog", n=0)
    assert not list(difference)
    assert not effective.stale(now)


def test_committed_text_leaves_no_policy_and_no_table_out(owner: Connection) -> None:
    text = effective.FILE.read_text()
    for name, table in rows(owner, "select polname, polrelid::regclass::text from pg_policy"):
        assert text.count(f"create policy {name} on {table} as ") == 1
    for table in tables(owner):
        assert f"alter table {table} enable row level security, force row level security;\n" in text


def test_text_without_a_line_is_stale() -> None:
    text = effective.FILE.read_text()
    assert effective.stale(text.replace("grant usage on schema app to app_user;\n", ""))
