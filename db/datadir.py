"""A cluster's folder holds a whole data folder or none, and its secrets are readable by their owner alone."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from db import account, processes
from db.refusal import Refusal

# Sorts and compares by code point on every platform, without the system's locales.
LOCALE = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]


def make_folder(path: Path) -> None:
    """Make a folder and those above it that are missing; those that exist keep their mode and owner."""
    for folder in [*reversed(path.parents), path]:
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            account.give(folder, account.keeper())


def write_private(path: Path, text: str, owner: tuple[int, int] | None = None) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    account.give(new, owner or account.keeper())
    new.replace(path)


def make_data(folder: Path, *, durable: bool) -> None:
    """Make `data` in the folder, and the superuser's password beside it."""
    me = account.server_account()
    new = folder / "data.new"
    if new.exists():  # an initdb that was killed halfway
        shutil.rmtree(new)
    new.mkdir(mode=0o700)
    account.give(new, me)
    password = secrets.token_urlsafe(24)
    write_private(folder / "superuser", password)
    # initdb reads it as the server's account, which may not read ours.
    write_private(folder / "pwfile", password, me)
    made = subprocess.run(
        [
            *account.unprivileged(me, new),
            str(account.binaries() / "initdb"),
            f"--pgdata={new}",
            "--username=postgres",
            f"--pwfile={folder / 'pwfile'}",
            "--auth=scram-sha-256",
            "--no-instructions",
            *LOCALE,
            *([] if durable else ["--no-sync"]),
        ],
        cwd="/",
        env=processes.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    (folder / "pwfile").unlink()
    if made.returncode != 0:
        raise Refusal(f"PostgreSQL could not make its data in {new}:\n{made.stdout[-2000:]}{made.stderr[-2000:]}")
    new.rename(folder / "data")
