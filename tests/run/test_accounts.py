"""Whoever runs make: Postgres is never root, and no mode or owner above the clone changes."""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run.clones import clone, make, processes_of, running, titles

pytestmark = pytest.mark.slow
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another account")
def test_run_changes_no_mode_of_a_closed_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    folder = clone(closed / "clone")
    before = {path: (path.stat().st_mode, path.stat().st_uid) for path in (folder, *folder.parents)}
    with running(folder) as run:
        assert titles(run.paste(run.lines_to_paste())) == ["First"]
        servers = [process for process in processes_of(folder) if process.name() == "postgres"]
        assert {process.uids().real for process in servers} == {65534}
    assert {path: (path.stat().st_mode, path.stat().st_uid) for path in (folder, *folder.parents)} == before
    for name in ("superuser", "secrets.json", "log"):
        assert stat.S_IMODE((folder / ".data" / "run" / name).stat().st_mode) == 0o600


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A clone without .venv that other accounts can reach, which pytest's own folders are not."""
    base = Path(tempfile.mkdtemp(prefix="rowkeep-"))
    base.chmod(0o755)
    yield clone(base / "clone", venv=False)
    shutil.rmtree(base)


def python_for(words: tuple[str, ...]) -> str:
    """A Python that this account can run: root's may lie in a folder that is closed to others."""
    fits = "import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))"
    for folder in os.get_exec_path():
        python = Path(folder) / "python3"
        # Through a shell: setpriv itself still holds root's capabilities when it executes.
        trial = [*words, "sh", "-c", 'exec "$0" -c "$1"', str(python), fits]
        if python.exists() and subprocess.run(trial, capture_output=True, check=False, cwd="/").returncode == 0:
            return str(python)
    pytest.skip("no Python 3.11 that another account can run")


def test_a_bare_clone_runs_for_an_ordinary_account(open_folder: Path) -> None:
    account = NOBODY if os.geteuid() == 0 else ()
    if account:
        subprocess.run(["chown", "-R", "65534:65534", open_folder], check=True)
    python = python_for(account)
    first = make(open_folder, "-s", "url", before=account, PYTHON=python, HOME=str(open_folder))
    assert first.stdout == "", "the installation speaks on stderr alone"
    assert "Making .venv" in first.stderr
    with running(open_folder, account, PYTHON=python, HOME=str(open_folder)) as run:
        assert titles(run.paste(run.lines_to_paste())) == ["First"]
        assert "Making .venv" not in run.printed()
    # Root in between, as after one `sudo make`, takes nothing away from the clone's owner.
    for before in ((), account):
        done = make(open_folder, "-s", "migrate", before=before, PYTHON=python, HOME=str(open_folder))
        assert done.returncode == 0, done.stdout + done.stderr
