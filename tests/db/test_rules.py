"""A file in `db/models` that would isolate less than promised is refused as it is read, by a sentence that says what to do."""

import re

import pytest

from tests.db.parcels import CASES, FILE, OWNER, TENANT, keyed
from tests.db.refused import answers
from tests.migrations.trees import Tree

# Like those, and as they should be.
GOOD = {
    "tenant": (TENANT, []),
    "owner": (OWNER, []),
    "jsonb that nothing filters": (
        TENANT,
        [("# write", "meta: dict[str, Any] = Field(sa_type=JSONB)"), ("# own", "__unfiltered__ = ('meta',)")],
    ),
    "a unique number of the workspace": (TENANT, [keyed('UniqueConstraint("workspace_id", "label")')]),
    "a member that it is for": (
        TENANT,
        [
            ("# write", "for_id: UUID"),
            keyed(
                'ForeignKeyConstraint(["workspace_id", "for_id"], ["app.memberships.workspace_id", "app.memberships.user_id"])',
                'Index(None, "workspace_id", "for_id")',
            ),
        ],
    ),
    "a cascade among one person's rows": (
        OWNER,
        [
            ("# write", "of_id: UUID | None"),
            keyed(
                'ForeignKeyConstraint(["owner_id", "of_id"], ["app.parcels.owner_id", "app.parcels.id"], ondelete="CASCADE")',
                'Index(None, "owner_id", "of_id")',
            ),
        ],
    ),
    "a parent of one's own": (OWNER, [("# write", "note_id: UUID"), ("# own", '__parents__ = {"note_id": "notes"}')]),
}


def changed(text: str, changes: list[tuple[str, str]]) -> str:
    """The file with the changes, each of which meets something."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each file got for an answer."""
    tree = Tree(tmp_path_factory.mktemp("rules"), "")
    cases = {name: {FILE: changed(text, changes)} for name, (text, changes, _) in CASES.items()}
    cases |= {name: {FILE: changed(text, changes)} for name, (text, changes) in GOOD.items()}
    return answers(tree.folder, cases)


@pytest.mark.parametrize("name", CASES)
def test_table_cannot_have(said: dict[str, str], name: str) -> None:
    start = f"{FILE}: app.{'notes' if name == 'a path that is taken' else 'parcels'}: "
    for sentence in said[name].splitlines():
        assert sentence.startswith(start), said[name]
    assert re.search(f"{re.escape(start)}.*{CASES[name][2]}", said[name]), said[name]


@pytest.mark.parametrize("name", GOOD)
def test_table_may_have(said: dict[str, str], name: str) -> None:
    assert said[name] == "imported"
