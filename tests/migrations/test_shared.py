"""A table that no code of ours has is shared by naming the pattern: shares, policies and routes follow from that one word."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.migrations import two_people
from tests.migrations.newborn import policies, triggers
from tests.migrations.trees import Tree
from tests.migrations.two_people import Step
from tests.sealing import seal_key
from tests.server import cloned

MODEL = '''
"""Line drawings: private to who draws them, and to those that they share one with."""

from sqlmodel import Field, SQLModel

from db.base import OwnedRow


class LineDrawingWrite(SQLModel):
    """What a caller may send."""

    strokes: str = Field(max_length=1000)


class LineDrawing(LineDrawingWrite, OwnedRow, table=True):
    """One line drawing."""

    __tablename__ = "line_drawings"
    __access__ = "owner shared"
    __create__ = LineDrawingWrite
    __update__ = LineDrawingWrite
'''
# Each with its status.
STEPS = [
    (201, Step("ann", "POST", "", {"strokes": "secret"})),
    (404, Step("bob", "GET", "/{row}")),
    (404, Step("bob", "POST", "/{row}/shares", {})),
    (201, Step("ann", "POST", "/{row}/shares", {"role": "reader"})),
    (404, Step("eve", "POST", "/shares/accept", {"token": "{row}.x"})),
    (201, Step("bob", "POST", "/shares/accept", {"token": "{token}"})),
    (200, Step("bob", "GET", "/{row}")),
    (403, Step("bob", "PATCH", "/{row}", {"strokes": "stolen"})),
    (403, Step("bob", "POST", "/{row}/shares", {})),
    (201, Step("ann", "POST", "/{row}/shares", {"role": "writer"})),
    (201, Step("bob", "POST", "/shares/accept", {"token": "{token}"})),
    (200, Step("bob", "PATCH", "/{row}", {"strokes": "better"})),
    (404, Step("bob", "DELETE", "/{row}")),
    (404, Step("eve", "PATCH", "/{row}", {"strokes": "stolen"})),
    (204, Step("ann", "DELETE", "/{row}/shares/{share}")),
    (404, Step("bob", "GET", "/{row}")),
    (200, Step("ann", "GET", "/{row}")),
]
SHARED, OWN = Step("bob", "GET", "/shared"), Step("bob", "GET", "")
ROUTES = ["", "/bin", "/shared", "/shares/accept", "/{id}", "/{id}/restore", "/{id}/shares", "/{id}/shares/{share_id}"]


class Born(NamedTuple):
    """The catalog with the table, what the people were answered, and the table's paths in OpenAPI."""

    catalog: list[str]
    answers: list[tuple[int, Any]]
    paths: list[str]


@pytest.fixture(scope="module")
def born(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Born]:
    """One file more in a copy of the clone; the revision goes both ways."""
    with cloned(f"rowkeep_shared_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as database:
        tree = Tree(tmp_path_factory.mktemp("tree"), database.owner, "api")
        tree.write("db/models/line_drawings.py", MODEL)
        shutil.copy(Path(two_people.__file__), tree.folder)
        steps = [tuple(step) for _, step in STEPS]
        steps[13:13] = [tuple(SHARED), tuple(OWN)]
        urls = {"owner": database.owner, "database_url": database.api, "auth_database_url": database.auth}
        urls |= {"seal_key": key} if (key := seal_key()) else {}
        asked = f"two_people.run({urls!r}, 'line_drawings', {steps!r})"
        kept: Any = tree.run(
            "keep()",
            'revision(url, "line drawings")',
            "upgrade(url)",
            "check(url)",
            "keep()",
            "import two_people",
            f"kept.append({asked})",
            'downgrade(url, "-1")',
            "keep()",
        )
        before, catalog, (answers, paths), after = kept
        assert before == after
        yield Born(catalog, answers, paths)


def test_newborn_table_cannot_lack_what_notes_have(born: Born) -> None:
    for mine, theirs in (("line_drawings", "notes"), ("line_drawing_shares", "note_shares")):
        found, wanted = policies(born.catalog, mine), policies(born.catalog, theirs)
        renamed = [line.replace("line_drawings", "notes").replace("line_drawing_id", "note_id") for line in found]
        assert sorted(renamed) == sorted(wanted)
        assert len(found) > 9
    assert triggers(born.catalog, "line_drawings") == {"touch", "bin_time", "held_share"}
    assert triggers(born.catalog, "line_drawing_shares") == {"touch", "live_line_drawings"}


def test_newborn_table_gives_nobody_more_than_notes_do(born: Born) -> None:
    answers = [*born.answers]
    (_, shared), (_, own) = answers[13], answers[14]
    del answers[13:15]
    assert [status for status, _ in answers] == [status for status, _ in STEPS]
    row = answers[0][1]
    assert [each["id"] for each in shared["items"]] == [row["id"]]
    assert own["items"] == []
    assert answers[7][1]["needed"] == "writer"
    assert answers[8][1]["needed"] == "row_owner"
    written = answers[11][1]
    assert (written["strokes"], written["version"], written["owner_id"]) == ("better", 2, row["owner_id"])
    assert written["updated_by"] == answers[10][1]["user_id"] != row["owner_id"]
    assert answers[-1][1] == written


def test_newborn_table_has_the_routes_of_sharing(born: Born) -> None:
    assert born.paths == sorted(f"/v1/line_drawings{path}" for path in ROUTES)
