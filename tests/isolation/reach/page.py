"""What was written down, as a page that people read: a table for each role, and what is nothing to anybody in a line."""

import os
import re
from pathlib import Path

from tests.isolation.reach.cells import ROLES, Cells

NOBODY_S = {"0": "no row for anybody", "no": "refused to everybody"}
WIDTH = 38


def read(page: Path) -> dict[str, Cells]:
    """The cells of each role that a page has."""
    found: dict[str, Cells] = {}
    cells: Cells = {}
    people: list[str] = []
    for line in page.read_text().splitlines() if page.exists() else []:
        name, values = line[:WIDTH].strip(), line[WIDTH:].split()
        if line.startswith("app_"):
            cells, people = found.setdefault(name, {}), values
        elif same := re.match(f"  ({'|'.join(NOBODY_S.values())}): (.*)", line):
            outcome = next(short for short, words in NOBODY_S.items() if words == same[1])
            cells.update({(attempt, who): outcome for attempt in same[2].split(", ") for who in people})
        elif values:
            cells.update({(name, who): value for who, value in zip(people, values, strict=True)})
    return found


def rewrite(page: Path, role: str, cells: Cells) -> None:
    """Puts a role's cells on the page, where that was asked for."""
    if os.environ.get("REACH") == "write":
        every = {**read(page), role: cells}
        page.write_text("\n".join(text(each, every[each]) for each in ROLES if each in every))


def text(role: str, cells: Cells) -> str:
    """As it is written."""
    people, tried = (list(dict.fromkeys(parts)) for parts in zip(*((who, attempt) for attempt, who in cells), strict=True))
    lines = [_line(role, people, people)]
    alike: dict[str, list[str]] = {outcome: [] for outcome in NOBODY_S}
    for attempt in tried:
        row = [cells[attempt, who] for who in people]
        if len(set(row)) == 1 and row[0] in alike:
            alike[row[0]].append(attempt)
        else:
            lines.append(_line(f"  {attempt}", people, row))
    lines += [f"  {NOBODY_S[outcome]}: {', '.join(attempts)}" for outcome, attempts in alike.items() if attempts]
    return "\n".join(lines) + "\n"


def _line(first: str, people: list[str], row: list[str]) -> str:
    # Room for a SQLSTATE at least.
    return f"{first:{WIDTH}}" + "".join(f"{each:>{max(len(name), 5) + 2}}" for name, each in zip(people, row, strict=True))
