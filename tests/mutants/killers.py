"""Who noticed each mutant when it was last tried: a page that people read, and whom the next run asks first."""

from collections.abc import Iterable
from pathlib import Path

from tests.mutants.mutant import CONTAINED, KILLED, Killer, Mutant, Verdict

PAGE = Path(__file__).with_name("killers.txt")
ONCE = ", once without "


def read(page: Path = PAGE) -> dict[str, Killer]:
    """By mutant."""
    found: dict[str, Killer] = {}
    test = ""
    for line in page.read_text().splitlines() if page.exists() else []:
        if line.startswith("  "):
            name, _, layer = line.strip().partition(ONCE)
            found[name] = Killer(test, layer)
        else:
            test = line
    return found


def write(known: dict[str, Killer], page: Path = PAGE) -> None:
    """By test, each mutant that it kills, and the layer without which it does."""
    tests: dict[str, list[str]] = {}
    for mutant, (test, layer) in known.items():
        tests.setdefault(test, []).append(f"  {mutant}{ONCE if layer else ''}{layer}")
    page.write_text("".join(f"{line}\n" for test in sorted(tests) for line in (test, *sorted(tests[test]))))


def learned(found: Iterable[tuple[Mutant, Verdict]]) -> dict[str, Killer]:
    """What a run says; who survived is in nobody's list."""
    return {mutant.name: Killer(verdict.by, verdict.layer) for mutant, verdict in found if verdict.fate in {KILLED, CONTAINED}}
