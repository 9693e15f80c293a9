"""Revisions that a test adds to the project's own: written to a folder of the test, on top of the head."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent, indent

from alembic import command
from alembic.config import Config

from db.settings import clone
from migrations.run import FOLDER, config, head

TEMPLATE = '''"""{name}."""
import sqlalchemy as sa
from alembic import op

from migrations.concurrently import concurrently
from migrations.sighted import sighted

revision = "{name}"
down_revision = "{after}"
branch_labels = depends_on = None
serves = {serves!r}
argued = {argued!r}


def upgrade() -> None:
{up}


def downgrade() -> None:
{down}
'''


def configured(url: str, folder: Path, **attributes: object) -> Config:
    """Alembic on the project's revisions and those of `folder`."""
    made = config(url, **attributes)
    made.set_main_option("version_locations", f"{FOLDER / 'versions'}{os.pathsep}{folder}")
    return made


def write(
    folder: Path,
    up: str,
    down: str = "pass",
    *,
    name: str = "9001",
    after: str | None = None,
    serves: str | None = None,
    argued: dict[str, str] | None = None,
) -> None:
    """A revision file with these bodies."""
    up, down = (indent(dedent(body).strip(), "    ") for body in (up, down))
    told = {"name": name, "after": after or head(), "serves": serves, "argued": argued or {}}
    (folder / f"{name}_test.py").write_text(TEMPLATE.format(up=up, down=down, **told))


def upgrading(url: str, folder: Path) -> subprocess.Popen[str]:
    """A process of its own that upgrades to what is in the folder: Alembic runs once in a process."""
    code = """
import sys
from migrations.patience import patiently
from tests.migrations.extra import *
patiently(lambda: command.upgrade(configured(sys.argv[1], Path(sys.argv[2])), "head"))
"""
    return subprocess.Popen(
        [sys.executable, "-c", code, url, str(folder)],
        cwd=clone(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def apply(url: str, folder: Path, up: str, **attributes: object) -> None:
    """Writes a revision and upgrades to it."""
    write(folder, up)
    command.upgrade(configured(url, folder, **attributes), "head")
