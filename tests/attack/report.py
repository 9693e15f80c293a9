"""Tables that a person reads: what was tried in each family, and what came of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.attack.attempt import Attempt


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as they must be."""
    every = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[at]) for row in every) for at in range(len(heads))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in every)


@dataclass
class Tally:
    """Counts by family, and every leak in words."""

    kinds: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    counts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0, 0]))
    admitted: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    leaks: list[str] = field(default_factory=list)

    def count(self, attempt: Attempt, leaked: str, known: bool) -> None:
        """One more attempt; tried, refused, known, leaked."""
        self.kinds[attempt.family].add(attempt.name)
        counts = self.counts[attempt.family]
        counts[0] += 1
        counts[2 if known else 3 if leaked else 1] += 1
        if known:
            self.admitted[attempt.family].add(attempt.name)
        elif leaked:
            self.leaks.append(f"LEAKED {attempt.family}: {attempt.name} ({attempt.where}): {leaked}")

    @property
    def total(self) -> int:
        """Attempts in all."""
        return sum(counts[0] for counts in self.counts.values())

    def table(self) -> str:
        """By family, then the sum, then what leaked."""
        rows = [(family, len(self.kinds[family]), *counts) for family, counts in self.counts.items()]
        rows.append(("all", *(sum(row[at] for row in rows) for at in range(1, 6))))  # type: ignore[misc]
        heads = ("family", "distinct", "tried", "refused", "leaked as documented", "LEAKED")
        said = [f"as documented, {family}: {', '.join(sorted(names))}" for family, names in self.admitted.items()]
        return "\n".join([table(heads, rows), *said, *self.leaks])
