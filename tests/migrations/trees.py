"""A copy of the folders that make a schema, for a test that changes models or policies and migrates from there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from db.settings import clone


class Tree:
    """The copy, and one database that its commands work on."""

    def __init__(self, folder: Path, url: str, *more: str) -> None:
        self.folder, self.url = folder, url
        for name in ("db", "policies", "migrations", *more):
            shutil.copytree(clone() / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))

    def write(self, path: str, text: str) -> None:
        """Makes a file, or makes it anew."""
        (self.folder / path).write_text(dedent(text).lstrip())

    def replace(self, path: str, *pairs: tuple[str, str]) -> None:
        """Changes a file where it says so."""
        text = (self.folder / path).read_text()
        for old, new in pairs:
            assert old in text
            text = text.replace(old, new)
        (self.folder / path).write_text(text)

    def revisions(self) -> list[Path]:
        """The revision files, in order."""
        return sorted((self.folder / "migrations" / "versions").glob("[0-9]*.py"))

    def run(self, *steps: str) -> list[list[str]]:
        """Executes steps such as `revision(url, "labels")` in one fresh process; answers a snapshot for each `keep()`."""
        done = self._process(*steps)
        assert done.returncode == 0, done.stdout + done.stderr
        kept: list[list[str]] = json.loads(done.stderr.splitlines()[-1])
        return kept

    def refused(self, *steps: str) -> str:
        """The same for steps that end in one sentence, which it answers."""
        done = self._process(*steps)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done.stderr.splitlines()[-1]

    def _process(self, *steps: str) -> "subprocess.CompletedProcess[str]":
        shutil.copy(Path(__file__).with_name("catalog.py"), self.folder / "catalog.py")
        code = [
            "import json, sys, catalog",
            "from migrations.run import *",
            f"url, kept = {self.url!r}, []",
            "def keep(): kept.append(catalog.snapshot(url))",
            *steps,
            "json.dump(kept, sys.stderr)",
        ]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", "\n".join(code)],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
