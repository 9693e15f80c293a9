"""`make revision` puts what would block a table in use into a second revision, and `make lint` is content with both."""

from pathlib import Path

import pytest

from db.revisions import head
from tests.migrations.newborn import LABELS, one
from tests.migrations.trees import Tree
from tests.server import Database

COLUMN = ("    body: str = Field(", "    colour: str | None = Field(default=None, max_length=20)\n    body: str = Field(")
KEYS = """

    @classmethod
    def keys(cls):
        return [*super().keys(), Index(None, "owner_id", "title", "id")]
"""
AGAIN = ("downgrade(url, 'base')", "from migrations.__main__ import judge", "judge(url)", "check(url)", "keep()")


@pytest.fixture
def tree(own_database: Database, tmp_path: Path) -> Tree:
    """The project's code, at its head."""
    return Tree(tmp_path, own_database.owner)


def index(tree: Tree) -> None:
    """Gives notes one more index, and memberships' another shape."""
    tree.replace("db/models/notes.py", ("from sqlmodel", "from sqlalchemy import Index\nfrom sqlmodel"))
    notes = tree.folder / "db" / "models" / "notes.py"
    notes.write_text(notes.read_text() + KEYS)
    tree.replace("db/models/memberships.py", ('postgresql_include=["workspace_id", "role"]', 'postgresql_include=["role"]'))


def test_index_of_a_table_in_use_cannot_be_built_with_the_rest(tree: Tree) -> None:
    index(tree)
    tree.replace("db/models/notes.py", COLUMN)
    tree.write("db/models/labels.py", LABELS)
    before, after, down, again = tree.run(
        "keep()", 'revision(url, "colours")', "upgrade(url)", "check(url)", "keep()", 'downgrade(url, "-2")', "keep()", *AGAIN
    )
    first, second = tree.revisions()[-2:]
    assert [first.name, second.name] == [f"{int(head()) + 1:04d}_colours.py", f"{int(head()) + 2:04d}_colours_afterwards.py"]
    assert "concurrently" not in first.read_text() and "create_index(" in first.read_text(), "labels' own indexes"
    assert second.read_text().count("with concurrently(") == 6, "one made, one replaced, and both on the way back"
    assert "validate constraint notes_colour_check" in second.read_text()
    assert down == before
    assert again == after
    one(after, "CREATE INDEX notes_owner_id_title_id_idx ON app.notes USING btree (owner_id, title, id)")
    one(after, "CREATE INDEX memberships_user_id_service_idx ON app.memberships USING btree (user_id, service) INCLUDE (role)")


def test_index_alone_is_one_revision(tree: Tree) -> None:
    index(tree)
    after, again = tree.run('revision(url, "faster")', "upgrade(url)", "check(url)", "keep()", *AGAIN)
    assert tree.revisions()[-1].name == f"{int(head()) + 1:04d}_faster.py"
    assert "with concurrently(" in tree.revisions()[-1].read_text()
    assert again == after
