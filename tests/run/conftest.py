"""Each test here gets a clone of its own and may leave nothing alive in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run.clones import clone, processes_of


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A fresh clone; nothing may be left alive in it."""
    made = clone(tmp_path / "clone")
    yield made
    assert processes_of(made) == []


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A clone in which nothing has been installed."""
    return clone(tmp_path / "bare", venv=False)
