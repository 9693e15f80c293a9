"""`make table` writes one file that is a good table as it stands, and refuses what would not be one."""

import subprocess
import sys
from pathlib import Path

import pytest

from db import blank
from db.refusal import Refusal
from db.settings import clone
from tests.db.refused import answers
from tests.migrations.trees import Tree

REFUSED = {
    "a taken name": ("notes", "owner", "'notes' is taken by db/models/notes.py: take another name"),
    "the name of a row": ("note", "owner", "'note' is taken by db/models/notes.py"),
    "a name of schema auth": ("credentials", "owner", "'credentials' is taken by db/models/credentials.py"),
    "the name of a pattern": ("tenant", "owner", "'tenant' is taken by policies/tenant.sql"),
    "the name of a file": ("__init__", "owner", "'__init__' is no name for a table"),
    "capitals": ("Invoices", "owner", "'Invoices' is no name for a table: take lower case letters"),
    "a path": ("../notes", "owner", "'../notes' is no name for a table"),
    "SQL": ("x; drop table app.notes", "owner", "is no name for a table"),
    "a word of SQL": ("order", "owner", "'order' is a word of SQL: take another name, such as order_rows"),
    "a name that Postgres would cut": ("a" * 37, "owner", "is no name for a table"),
    "no pattern": ("invoices", "", "'' is no access to start a table from: take one of owner, shared, tenant, authored"),
    "one table's own pattern": ("invoices", "workspaces", "'workspaces' is no access to start a table from: take one of owner"),
}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    """A copy of the folders that it writes to."""
    tree = Tree(tmp_path, "")
    monkeypatch.setattr(blank, "clone", lambda: tmp_path)
    return tree


@pytest.mark.parametrize("access", blank.PATTERNS)
def test_file_is_a_good_table_as_it_stands(written: Tree, access: str, capsys: pytest.CaptureFixture[str]) -> None:
    blank.main(["line_entries", access])
    said = capsys.readouterr().out
    assert said.startswith("wrote db/models/line_entries.py\n")
    assert 'make revision m="add line_entries"' in said
    file = written.folder / "db/models/line_entries.py"
    text = file.read_text()
    assert "class LineEntry(" in text
    ruff = [sys.executable, "-m", "ruff", "--quiet", "--config", str(clone() / "pyproject.toml")]
    for command in (["format", "--check"], ["check"]):
        subprocess.run([*ruff[:3], *command, *ruff[3:], str(file)], check=True)
    assert answers(written.folder, {access: {"db/models/line_entries.py": text}}) == {access: "imported"}


@pytest.mark.parametrize(("table", "access", "said"), REFUSED.values(), ids=REFUSED)
def test_file_is_not_written_for(written: Tree, table: str, access: str, said: str) -> None:
    before = sorted((written.folder / "db/models").iterdir())
    with pytest.raises(Refusal) as refused:
        blank.write(table, access)
    assert said in str(refused.value)
    assert sorted((written.folder / "db/models").iterdir()) == before


@pytest.mark.parametrize("words", [[], ["", ""], ["invoices", ""], ["", "owner"], ["a", "owner", "c"]], ids=str)
def test_command_says_how_it_is_used(words: list[str]) -> None:
    with pytest.raises(
        Refusal, match="Say which: make table name=invoices access=tenant, where access is one of owner, shared, tenant"
    ):
        blank.main(words)


def test_file_of_ones_own_is_not_written_over(written: Tree) -> None:
    (written.folder / "db/models/invoices.py").write_text("mine")
    with pytest.raises(Refusal, match=r"'invoices' is taken by db/models/invoices\.py"):
        blank.write("invoices", "tenant")
    assert (written.folder / "db/models/invoices.py").read_text() == "mine"


@pytest.mark.parametrize(
    ("table", "row"),
    [("notes", "Note"), ("companies", "Company"), ("addresses", "Address"), ("boxes", "Box"), ("branches", "Branch"),
     ("line_items", "LineItem"), ("staff", "Staff"), ("glass", "Glass")],
)  # fmt: skip
def test_row_is_called_in_the_singular(table: str, row: str) -> None:
    assert blank.row(table) == row
