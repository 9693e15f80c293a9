"""A clone of this working copy in a folder of its own, and its `make run` as a person at a terminal sees it."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

SOURCE = Path(__file__).resolve().parents[2]
OURS = re.compile(
    r"DATABASE_URL$|^(PORT|HOST|ROLE|T|m|name|access|TOKEN_KEYS|SEAL_KEY|SEALED|TEST_POSTGRES|NEW_PASSWORD)$|^(MAKE|MFLAGS|PYTEST|PG)"
)


def clone(folder: Path, *, venv: bool = True) -> Path:
    """Copy what git would commit; the virtual environment is shared unless the test is about making one."""
    listing = ["git", "-C", str(SOURCE), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listing, capture_output=True, text=True, check=True).stdout.split("\0"):
        if name and (SOURCE / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SOURCE / name, folder / name)
    if venv:
        (folder / ".venv").symlink_to((SOURCE / ".venv").resolve())
        # A lock that looks newer than the shared .venv would have it made anew, under everybody's feet.
        os.utime(folder / "requirements.lock", (0, 0))
    return folder


def environment(**more: str) -> dict[str, str]:
    """A terminal's environment in which none of Rowkeep's variables is set but those named here."""
    return {name: value for name, value in os.environ.items() if not OURS.search(name)} | more


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make(folder: Path, *words: str, before: tuple[str, ...] = (), **variables: str) -> subprocess.CompletedProcess[str]:
    """Run make to its end; `before` are words in front of it, such as another account's."""
    return subprocess.run(
        [*before, "make", *words],
        cwd=folder,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


def processes_of(folder: Path) -> list[psutil.Process]:
    """Every live process that works in the folder: make, Python and Postgres alike."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


class Run:
    """A `make run` in a terminal of its own: a session whose foreground processes all get what Ctrl-C sends."""

    def __init__(self, folder: Path, before: tuple[str, ...] = (), **variables: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.output = folder.with_name(folder.name + ".out")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [*before, "make", "run"],
                cwd=folder,
                env=environment(PORT=str(self.port), **variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_it_serves(self, patience: float = 180) -> None:
        """Return when the port answers; fail with what was printed when make ends first."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.printed()
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError(f"nothing serves after {patience} s:\n{self.printed()}")

    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    def lines_to_paste(self) -> list[str]:
        """The lines that it prints for a person to paste, in order."""
        return [line.strip() for line in self.printed().splitlines() if line.startswith(("  curl ", "  TOKEN="))]

    def paste(self, lines: list[str]) -> str:
        """What a fresh bash prints for these lines, the last one's output last; the first failure ends it."""
        script = "\n".join(line.replace("curl -sS", "curl -sS --fail-with-body") for line in lines)
        pasted = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], env=environment(), capture_output=True, text=True, check=False
        )
        assert pasted.returncode == 0, pasted.stdout + pasted.stderr + self.printed()
        return pasted.stdout

    def python(self) -> psutil.Process:
        """The process that serves, under make."""
        return next(process for process in processes_of(self.folder) if "-m api" in " ".join(process.cmdline()))

    def end(self, number: signal.Signals = signal.SIGINT) -> None:
        """Send what Ctrl-C sends, to all that Ctrl-C reaches, and wait."""
        os.killpg(self.process.pid, number)
        self.process.wait(60)


@contextmanager
def running(folder: Path, before: tuple[str, ...] = (), **variables: str) -> Iterator[Run]:
    """A `make run` that serves; whatever a failing test leaves is killed."""
    run = Run(folder, before, **variables)
    try:
        run.wait_until_it_serves()
        yield run
    finally:
        if run.process.poll() is None:
            run.end()
        for process in processes_of(folder):
            process.kill()


def titles(listed: str) -> list[str]:
    """The titles in the answer of the last pasted line."""
    return [item["title"] for item in json.loads(listed[listed.rindex('{"items"') :])["items"]]
