"""What `make revision` refuses is refused in one sentence that names the file and what to write, and writes nothing."""

from pathlib import Path

import pytest
from alembic.util import CommandError

from db.refusal import Refusal
from migrations import check
from tests.migrations.catalog import do
from tests.migrations.newborn import BOOKMARKS, POLICIES
from tests.migrations.trees import Tree
from tests.server import Database

AS_OWNER = "set local role app_owner; "


def refused(database: Database, statement: str) -> str:
    """What a comparison says after somebody did this."""
    do(database.owner, AS_OWNER + statement)
    with pytest.raises(Refusal) as refusal:
        check(database.owner)
    return str(refusal.value)


@pytest.mark.parametrize("options", ["", "with (security_invoker = false)", "with (security_barrier)"])
def test_view_cannot_read_with_its_owners_rights(own_database: Database, options: str) -> None:
    said = refused(own_database, f"create view app.everything {options} as select id, title from app.notes")
    assert said.startswith("made by hand: app.everything: this view reads past the policies of who asks: ")
    assert said.endswith(": write `with (security_invoker)` before its `as`")


def test_view_of_ours_cannot_come_to_read_with_its_owners_rights(own_database: Database) -> None:
    said = refused(own_database, "alter view audit.rule_unforced reset (security_invoker)")
    assert ": audit.rule_unforced: this view reads past the policies of who asks: " in said


def test_materialized_view_cannot_be_there_at_all(own_database: Database) -> None:
    said = refused(own_database, "create materialized view app.everything as select id, title from app.notes")
    assert said.endswith("this materialized view reads past the policies of who asks: make it a view `with (security_invoker)`")


@pytest.mark.parametrize("options", ["", " = true", " = on", " = 1"])
def test_view_that_asks_as_who_reads_it_is_let_in(own_database: Database, options: str) -> None:
    do(own_database.owner, f"{AS_OWNER}create view app.mine with (security_invoker{options}) as select id from app.notes")
    with pytest.raises(CommandError, match=r"View: app\.mine"):  # let in, and then a difference like any other
        check(own_database.owner)


def test_view_is_refused_by_the_name_of_the_file_that_makes_it(own_database: Database, tmp_path: Path) -> None:
    tree = Tree(tmp_path, own_database.owner)
    tree.write(
        "policies/audit/open.sql", "-- Open.\n\n-- Everybody's.\ncreate view audit.open as select id, title from app.notes;\n"
    )
    before = tree.revisions()
    said = tree.refused('revision(url, "open")')
    assert said.startswith("policies/audit/open.sql: audit.open: this view reads past the policies of who asks: write ")
    assert tree.revisions() == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "create policy loose on {table} for select to app_user using (true);",
            "loose lets app_user in, and no fence stands before",
        ),
        (
            "-- fence: owner\n\ngrant delete on {table} to app_user;",
            "only `create policy … on {table} …;` may stand here, not 'grant",
        ),
    ],
    ids=["unfenced", "a grant"],
)
def test_file_of_one_table_is_refused_at_revision(own_database: Database, tmp_path: Path, text: str, said: str) -> None:
    tree = Tree(tmp_path, own_database.owner)
    tree.write("db/models/bookmarks.py", BOOKMARKS)
    tree.write("policies/bookmarks.sql", f"-- bookmarks.\n-- within: owner_id\n{text}\n")
    assert tree.refused('revision(url, "bookmarks")').startswith(f"policies/bookmarks.sql: app.bookmarks: {said}")


def test_table_with_a_borrowed_fence_goes_through(own_database: Database, tmp_path: Path) -> None:
    tree = Tree(tmp_path, own_database.owner)
    tree.write("db/models/bookmarks.py", BOOKMARKS)
    shown = "create policy select_owner on {table} for select to app_user using (owner_id = (select app.current_user_id()));"
    tree.write("policies/bookmarks.sql", f"-- bookmarks.\n-- fence: owner\n\n-- Shown.\n{shown}\n{POLICIES}")
    (up,) = tree.run('revision(url, "bookmarks")', "upgrade(url)", "check(url)", "keep()")
    fences = [line for line in up if line.startswith("policy fence") and " on app.bookmarks:" in line]
    assert len(fences) == 3
