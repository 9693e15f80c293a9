"""Runs a page of documentation as a person would who pastes it: files are written, commands run, outputs compared."""

import re
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.run.clones import environment

BLOCK = re.compile(r"(?P<before>[^\n]*)\n?\n```(?P<kind>\w+)\n(?P<text>.*?)```\n", re.DOTALL)
NAMED = re.compile(r"`([\w./-]+/[\w.-]+)`")
MARK = "--- that was it ---"
PATIENCE = 600


class Block(NamedTuple):
    """A fenced block: `sh` is run, `text` is what the one before prints, another kind is the file that its sentence names."""

    kind: str
    text: str
    file: str | None


def blocks(page: Path) -> Iterator[Block]:
    """In the order of the page."""
    for found in BLOCK.finditer(page.read_text()):
        named = NAMED.findall(found["before"])
        yield Block(found["kind"], found["text"], named[-1] if named else None)


class Shell:
    """A bash that is kept, so that what one block sets the next one has; a command that fails ends it."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._send("set -euo pipefail")

    def _send(self, script: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{script}\n")
        self.process.stdin.flush()

    def run(self, script: str) -> str:
        """What the commands print, to either stream."""
        assert self.process.stdout is not None
        self._send(f"{{ {script}\n}} </dev/null\necho '{MARK}'")
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        said: list[str] = []
        for line in self.process.stdout:
            if line.strip() == MARK:
                timer.cancel()
                return "".join(said)
            # A command that ends without a newline stands before the mark.
            if line.rstrip().endswith(MARK):
                timer.cancel()
                return "".join([*said, line.rstrip().removesuffix(MARK)])
            said.append(line)
        timer.cancel()
        raise AssertionError(f"{script}\nended with:\n{''.join(said)}")

    def end(self) -> None:
        """Lets it go."""
        with self.process:  # closes both pipes, and waits
            pass


def printed(expected: str, output: str) -> None:
    """Each line that the page shows stands in the output, in that order; `…` is anything within a line."""
    rest = output
    for line in expected.splitlines():
        pattern = ".*".join(re.escape(part) for part in line.split("…"))
        found = re.search(pattern, rest)
        assert found, f"{line!r} is not in what is left of the output:\n{rest}\nthe whole was:\n{output}"
        rest = rest[found.end() :]
