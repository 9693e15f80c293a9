"""One direction, api -> db -> Postgres; policies are handed tables; files stay small and say what they promise."""

import ast
import subprocess
from pathlib import Path

import pytest

from db.settings import clone

ALLOWED = {
    "api": {"api", "db"},
    "db": {"db"},
    "policies": {"policies"},
    "migrations": {"migrations", "db", "policies"},
}
# Entry points put the program together.
ENTRIES = {"api/__main__.py"}


def files(*suffixes: str) -> list[Path]:
    """What git knows, or would."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=clone(),
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        clone() / name
        for name in sorted(set(listed.stdout.splitlines()))
        if name.endswith(suffixes) and (clone() / name).exists()
    ]


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_go_one_way(package: str) -> None:
    for path in (clone() / package).rglob("*.py"):
        if str(path.relative_to(clone())) in ENTRIES or "versions" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            ours = {name.partition(".")[0] for name in names} & {*ALLOWED, "tests", "bench"}
            assert ours <= ALLOWED[package], f"{path.name} imports {ours - ALLOWED[package]}"


def test_every_file_opens_with_its_promise() -> None:
    for path in files(".py"):
        assert ast.get_docstring(ast.parse(path.read_text())) or not path.read_text(), path
    for path in files(".sql"):
        assert path.read_text().startswith("-- "), path


def test_files_stay_small() -> None:
    sizes = [
        len(path.read_text().splitlines())
        for path in files(".py", ".sql")
        if "versions" not in path.parts and path.name != "effective.sql"
    ]
    assert max(sizes) <= 250
    assert sorted(sizes)[len(sizes) // 2] < 100


def test_no_statement_of_the_api_names_an_owner() -> None:
    for path in (clone() / "api").rglob("*.py"):
        text = path.read_text()
        assert "owner_id" not in text, path
        assert "text(" not in text, path
        assert ".commit()" not in text, path
