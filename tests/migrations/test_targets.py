"""A new table may be the first child of an older one: what its key points at is made unique before the key is made."""

from pathlib import Path

from tests.migrations.newborn import BOOKMARKS
from tests.migrations.trees import Tree
from tests.server import Database


def test_first_child_of_a_table_cannot_fail_for_want_of_a_target(own_database: Database, tmp_path: Path) -> None:
    tree = Tree(tmp_path, own_database.owner)
    child = BOOKMARKS.replace('__access__ = "bookmarks"', '__access__ = "owner"\n    __parents__ = {"note_id": "notes"}')
    child = child.replace("    url: str", "    note_id: UUID\n    url: str").replace(
        "from sqlmodel", "from uuid import UUID\n\nfrom sqlmodel"
    )
    tree.write("db/models/bookmarks.py", child)
    before, up, down = tree.run(
        "keep()", 'revision(url, "child")', "upgrade(url)", "check(url)", "keep()", 'downgrade(url, "-1")', "keep()"
    )
    assert before == down
    (key,) = [line for line in up if line.startswith("constraint bookmarks_owner_id_note_id_fkey ")]
    assert "REFERENCES app.notes(owner_id, id)" in key
