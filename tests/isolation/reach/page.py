"""What was written down, as a page that people read: a table for each role, and what is nothing to anybody in a line."""

import os
import re
from pathlib import Path

from tests.isolation.reach.cells import ROLES, WHO, Cells

NOBODY_S = {"0": "no row for anybody", "no": "refused to everybody"}
WIDTH = 38


def read(page: Path) -> dict[str, Cells]:
    """The cells of each role that a page has."""
    found: dict[str, Cells] = {}
    cells: Cells = {}
    for line in page.read_text().splitlines() if page.exists() else []:
        name, values = line[:WIDTH].strip(), line[WIDTH:].split()
        if line.startswith("app_"):
            cells = found.setdefault(name or line, {})
        elif same := re.match(f"  ({'|'.join(NOBODY_S.values())}): (.*)", line):
            outcome = next(short for short, words in NOBODY_S.items() if words == same[1])
            cells.update({(attempt, who): outcome for attempt in same[2].split(", ") for who in WHO})
        elif values:
            cells.update({(name, who): value for who, value in zip(WHO, values, strict=True)})
    return found


def rewrite(page: Path, role: str, cells: Cells) -> None:
    """Puts a role's cells on the page, where that was asked for."""
    if os.environ.get("REACH") == "write":
        every = {**read(page), role: cells}
        page.write_text("\n".join(text(each, every[each]) for each in ROLES if each in every))


def text(role: str, cells: Cells) -> str:
    """As it is written."""
    rows: dict[str, list[str]] = {}
    for (attempt, who), outcome in cells.items():
        rows.setdefault(attempt, ["?"] * len(WHO))[WHO.index(who)] = outcome
    lines = [f"{role:{WIDTH}}" + "".join(f"{name:>{_wide(name)}}" for name in WHO)]
    for attempt, row in rows.items():
        if len(set(row)) > 1 or row[0] not in NOBODY_S:
            shown = (f"{outcome:>{_wide(name)}}" for name, outcome in zip(WHO, row, strict=True))
            lines.append(f"  {attempt:{WIDTH - 2}}" + "".join(shown))
    for outcome, words in NOBODY_S.items():
        if same := [attempt for attempt, row in rows.items() if set(row) == {outcome}]:
            lines.append(f"  {words}: {', '.join(same)}")
    return "\n".join(lines) + "\n"


def _wide(name: str) -> int:
    """Room for a SQLSTATE at least."""
    return max(len(name), 5) + 2
