"""What the head of a pattern's file asks of a table: the columns it needs, and those that keep its rows apart.

    -- needs: owner_id uuid not null default app.claimed_user_id(), deleted_at timestamptz
    -- within: owner_id
    -- fence: tenant

`within` names the columns of which one leads every unique constraint and index, or `everybody`; `fence` borrows another
pattern's fence, and with it what that one needs and is within.
"""

import re
from functools import cache
from typing import NamedTuple

from db.settings import clone

FOLDER = clone() / "policies"
HEAD = re.compile(r"-- (needs|within|fence): (.+)")
NEED = re.compile(r"(?P<name>\w+) (?P<type>\w+)(?P<required> not null)?(?: default (?P<default>.+))?")
EVERYBODY = "everybody"


class Need(NamedTuple):
    """One column that a pattern's policies or triggers stand on."""

    name: str
    type: str
    required: bool
    default: str | None


class Pattern(NamedTuple):
    """What the head says; `fence` is the pattern whose fence is borrowed, if any."""

    needs: tuple[Need, ...]
    within: tuple[str, ...]
    fence: str | None


def names() -> list[str]:
    """Every pattern that there is a file for."""
    return sorted(path.stem for path in FOLDER.glob("*.sql") if HEAD.search(path.read_text()))


@cache
def pattern(name: str) -> Pattern:
    """The head of `policies/<name>.sql`.

    Raises: ValueError where a line of it cannot be read.
    """
    lines = dict(HEAD.findall((FOLDER / f"{name}.sql").read_text()))
    found = [NEED.fullmatch(word.strip()) for word in re.split(r",\s*(?![^(]*\))", lines.get("needs", "")) if word.strip()]
    needs = []
    for each in found:
        if not each:
            raise ValueError(f"policies/{name}.sql: write `-- needs: <column> <type> [not null] [default …], …`")
        needs.append(Need(each["name"], each["type"], bool(each["required"]), each["default"]))
    within = tuple(lines.get("within", "").replace(",", " ").split())
    fence = lines.get("fence")
    if fence in names():
        borrowed = pattern(fence)
        return Pattern((*borrowed.needs, *needs), borrowed.within, fence)
    return Pattern(tuple(needs), within, fence)


def within(access: str) -> tuple[str, ...]:
    """The columns that keep the rows of a table apart, for the patterns that it names; a name without a file has none."""
    return tuple(column for name in access.split() if name in names() for column in pattern(name).within)
