"""Says how far it is while mutants are tried, and afterwards what killed each."""

import sys
import time
from collections import Counter

from tests.mutants.mutant import CONTAINED, KILLED, STILLBORN, SURVIVED, Mutant, Verdict

WIDTH = 40


class Progress:
    """A bar on a terminal, a line for each tenth elsewhere."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self.survived, self.began = total, 0, 0, time.monotonic()

    def add(self, verdict: Verdict) -> None:
        """One more is known."""
        self.done += 1
        self.survived += verdict.fate == SURVIVED
        seconds = time.monotonic() - self.began
        line = f"{self.done}/{self.total} mutants, {self.survived} survived, {seconds:.0f} s"
        full = WIDTH * self.done // self.total
        if sys.stderr.isatty():
            print(f"\r[{'#' * full}{'.' * (WIDTH - full)}] {line} ", end="", file=sys.stderr, flush=True)
        elif self.done * 10 // self.total > (self.done - 1) * 10 // self.total:
            print(f"[{'#' * full}{'.' * (WIDTH - full)}] {line}", file=sys.stderr, flush=True)


def short(test: str) -> str:
    """A test without its folder."""
    return test.rpartition("/")[2].replace(".py::", " ")


def table(found: list[tuple[Mutant, Verdict]]) -> str:
    """A line for each part of each table and function: its mutants, their fates, seconds, and who killed most of them."""
    parts: dict[str, list[Verdict]] = {}
    for mutant, verdict in found:
        parts.setdefault(f"{mutant.subject} {mutant.part}", []).append(verdict)
    lines = [f"{'':60} mutants killed contained seconds by"]
    for name, group in sorted(parts.items()):
        fates = Counter(verdict.fate for verdict in group)
        killers = Counter(short(verdict.by) for verdict in group if verdict.by)
        most = max(killers, key=lambda by: killers[by], default="")
        more = f" and {len(killers) - 1} more" if len(killers) > 1 else ""
        counts = f"{len(group):7} {fates[KILLED]:6} {fates[CONTAINED]:9} {sum(verdict.seconds for verdict in group):7.1f}"
        lines.append(f"{name[:60]:60} {counts} {most}{more}")
    return "\n".join(lines)


def line(mutant: Mutant, verdict: Verdict) -> str:
    """One mutant's."""
    by = f"  by {short(verdict.by)}" if verdict.by else ""
    by += f" ({' '.join(verdict.seen.split())})" if verdict.seen else ""
    behind = f", once without {verdict.layer}" if verdict.layer else ""
    work = f"{verdict.seconds:5.1f} s, {verdict.tests:3} tests on {verdict.clones:2} clones"
    return f"{verdict.fate:9} {work}  {mutant.name}{by}{behind}"


def summary(found: list[tuple[Mutant, Verdict]], seconds: float) -> str:
    """The last line; survivors are named above it, each with the SQL that makes it."""
    fates = Counter(verdict.fate for _, verdict in found)
    lost = [f"{SURVIVED} {mutant.name} {verdict.by}\n    {mutant.sql}" for mutant, verdict in found if verdict.fate == SURVIVED]
    counts = f"{fates[KILLED]} killed, {fates[CONTAINED]} contained by a layer without which they are killed, "
    counts += f"{fates[STILLBORN]} refused by the rows that are there, {fates[SURVIVED]} {SURVIVED.lower()}"
    return "\n".join([*lost, f"{len(found)} mutants in {seconds:.0f} s: {counts}"])
