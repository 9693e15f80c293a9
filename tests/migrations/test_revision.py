"""A table is one file: its revision brings all of it in an order that runs, and later changes go the same way, and back."""

import os
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID, uuid4

import psycopg
import pytest

from db.revisions import head
from tests.isolation.session import acting
from tests.migrations.catalog import do, value
from tests.migrations.newborn import BOOKMARKS, FUNCTION, LABELS, POLICIES, columns, one, policies, triggers
from tests.migrations.trees import Tree
from tests.server import Database, cloned

ALICE, BOB = uuid4(), uuid4()
BACK_AND_FORTH = ("upgrade(url)", "keep()", "downgrade(url, start)", "keep()", "upgrade(url)", "check(url)", "keep()")
START = "start = head()"


class Written(NamedTuple):
    """Two revisions, and the catalog of each: before, up, down, up again."""

    tree: Tree
    database: Database
    newborn: list[list[str]]
    changed: list[list[str]]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Written]:
    """The first revision makes two tables, the second changes columns, limits and policies."""
    with cloned(f"rowkeep_written_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as database:
        tree = Tree(tmp_path_factory.mktemp("tree"), database.owner)
        tree.write("db/models/labels.py", LABELS)
        tree.write("db/models/bookmarks.py", BOOKMARKS)
        tree.write("policies/bookmarks.sql", (tree.folder / "policies" / "owner.sql").read_text() + POLICIES)
        tree.write("policies/functions/labels.sql", FUNCTION)
        newborn = tree.run("keep()", START, 'revision(url, "labels and bookmarks")', *BACK_AND_FORTH)
        tree.replace(
            "db/models/bookmarks.py",
            ("    hidden: bool = False\n", ""),
            ("sa_type=Integer", "sa_type=BigInteger"),
            ("max_length=100", "max_length=200"),
        )
        tree.replace("db/models/tasks.py", ('"doing", "done"', '"doing", "done", "dropped"'))
        tree.replace("policies/functions/labels.sql", ("'label: '", "'first label: '"))
        tree.replace("policies/bookmarks.sql", ("not hidden and rank > 0", "rank > -1"), ("url) < 90", "url) < 190"))
        changed = tree.run("keep()", START, 'revision(url, "changes")', *BACK_AND_FORTH)
        yield Written(tree, database, newborn, changed)


def test_revisions_go_both_ways(written: Written) -> None:
    last = int(head())
    names = ["labels_and_bookmarks", "changes", "changes_afterwards"]  # the last one checks the rows against new limits
    expected = [f"{last + number:04d}_{name}.py" for number, name in enumerate(names, start=1)]
    assert [path.name for path in written.tree.revisions()][-3:] == expected
    for before, up, down, again in (written.newborn, written.changed):
        assert before == down
        assert up == again != before


def test_newborn_table_cannot_lack_what_an_older_one_of_its_pattern_has(written: Written) -> None:
    catalog = written.newborn[-1]
    # Nothing has a label for its parent.
    assert policies(catalog, "labels") == [line for line in policies(catalog, "projects") if "app_owner}" not in line] != []
    mine = policies(catalog, "bookmarks")
    # Bookmarks are private, notes may be shared as well, and have their shares for children.
    theirs = [policy for policy in policies(catalog, "notes") if "app_guest" not in policy and "app_owner}" not in policy]
    assert len(set(mine) - set(theirs)) == 3, "those that this test adds"
    assert set(theirs) < set(mine)
    assert columns(catalog, "labels", "INSERT") == {"workspace_id", "task_id", "name"}
    assert columns(catalog, "labels", "UPDATE") == {"name"}
    assert columns(catalog, "bookmarks", "INSERT") == {"url", "hidden", "rank"}
    assert triggers(catalog, "labels") == {"touch", "bin_time", "live_tasks"}
    assert triggers(catalog, "bookmarks") == {"touch", "bin_time"}
    assert "bin_labels" in triggers(catalog, "tasks")


def test_function_that_reads_a_newborn_table_comes_after_it_and_may_change(written: Written) -> None:
    before, after = written.newborn[-1], written.changed[-1]
    function = one(before, "CREATE OR REPLACE FUNCTION app.first_label()")
    assert "select 'label: ' || name" in function
    assert "EXECUTE to app_user by app_owner" in function
    assert "select 'first label: ' || name" in one(after, "CREATE OR REPLACE FUNCTION app.first_label()")


def test_newborn_table_shows_nobody_another_owners_row(written: Written) -> None:
    for person in (ALICE, BOB):
        do(written.database.owner, f"insert into app.users (id, name) values ('{person}', 'somebody')")
    with acting(written.database.api, ALICE, commit=True) as connection:
        connection.execute("insert into app.bookmarks (url) values ('https://example.com')")
    assert value(written.database.owner, "select owner_id from app.bookmarks") == ALICE
    assert seen(written.database, ALICE) == 1
    assert seen(written.database, BOB) == 0
    with acting(written.database.api, BOB) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("delete from app.bookmarks")


def seen(database: Database, user: UUID) -> int:
    """How many bookmarks this person sees."""
    with acting(database.api, user) as connection:
        return len(connection.execute("select id from app.bookmarks").fetchall())


def test_drop_of_a_column_that_a_policy_names_is_not_refused(written: Written) -> None:
    before, after, *_ = written.changed
    one(before, "column app.bookmarks.hidden")
    assert not [line for line in after if line.startswith("column app.bookmarks.hidden")]
    policy = one(after, "policy not_hidden on app.bookmarks")
    assert "hidden AND" not in policy
    assert policy.endswith(": Hidden ones are shown to nobody."), "its comment is kept"


def test_another_type_under_an_unchanged_policy_is_not_refused(written: Written) -> None:
    before, after, *_ = written.changed
    assert one(before, "column app.bookmarks.rank integer")
    assert one(after, "column app.bookmarks.rank bigint")
    assert one(after, "policy ranked on app.bookmarks").endswith("(rank > 0) check : Ranked ones alone are shown.")


def test_another_predicate_keeps_its_comment(written: Written) -> None:
    before, after, *_ = written.changed
    assert "< 90)" in one(before, "policy short on app.bookmarks")
    assert one(after, "policy short on app.bookmarks").endswith("(char_length(url) < 190) check : Not the longest.")


def test_another_limit_and_another_word_cannot_go_unnoticed(written: Written) -> None:
    before, after, *_ = written.changed
    assert "<= 100" in one(before, "constraint bookmarks_url_check")
    assert "<= 200" in one(after, "constraint bookmarks_url_check")
    assert "'dropped'" not in one(before, "constraint tasks_status_check")
    assert "'dropped'" in one(after, "constraint tasks_status_check")
