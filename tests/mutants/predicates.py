"""Every way to weaken an SQL expression by one step: a conjunct less, a name less to agree with, a role lower."""

import re
from collections.abc import Iterator

# What a role is widened to; the lowest of each ladder has nothing below it.
LOWER = {"owner": "admin", "admin": "editor", "editor": "viewer", "writer": "reader"}
ROLE = re.compile(r"'(\w+)'")
EVERY_NAME = re.compile(r"\bALL \(ARRAY\[([^\]]+)\]\)", re.IGNORECASE)
SINGLE_WHERE = re.compile(r"\bWHERE \(", re.IGNORECASE)
Weakened = Iterator[tuple[str, str]]


def weakened(text: str) -> Weakened:
    """What was changed, and the expression after it."""
    for start, end in [(0, len(text)), *groups(text)]:
        parts = split(text[start:end], "and")
        for place, part in enumerate(parts if len(parts) > 1 else []):
            rest = " AND ".join(parts[:place] + parts[place + 1 :])
            yield f"without {brief(part)}", text[:start] + rest + text[end:]
    for found in EVERY_NAME.finditer(text):
        names = found[1].split(", ")
        for name in names if len(names) > 1 else []:
            rest = ", ".join(other for other in names if other != name)
            yield f"without {name}", text[: found.start(1)] + rest + text[found.end(1) :]
    for found in SINGLE_WHERE.finditer(text):
        end = closing(text, found.end() - 1)
        if len(split(text[found.end() : end], "and")) == 1:
            yield f"where {brief(text[found.end() : end])} → true", text[: found.end()] + "true" + text[end:]
    yield from lower_roles(text)


def lower_roles(text: str) -> Weakened:
    """Each role that is named, one rank down."""
    for found in ROLE.finditer(text):
        if found[1] in LOWER:
            lower = LOWER[found[1]]
            yield f"{found[1]} → {lower}", text[: found.start(1)] + lower + text[found.end(1) :]


def split(text: str, word: str) -> list[str]:
    """The operands of `and` or `or` outside of every parenthesis and string; one where there is no such operator."""
    cuts = [found.span() for found in re.finditer(rf"\s+{word}\s+", text, re.IGNORECASE) if depth(text, found.start()) == 0]
    starts, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(text)]
    return [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]


def groups(text: str) -> Iterator[tuple[int, int]]:
    """Where the inside of each parenthesis starts and ends."""
    for place, letter in enumerate(text):
        if letter == "(" and not quoted(text, place):
            yield place + 1, closing(text, place)


def closing(text: str, opening: int) -> int:
    """The place of the parenthesis that closes the one at `opening`."""
    return next(place for place in range(opening + 1, len(text)) if text[place] == ")" and depth(text[opening:place]) == 1)


def depth(text: str, end: int | None = None) -> int:
    """How many parentheses are open at the end; 1 or more inside a string too."""
    bare = re.sub(r"'[^']*'", "", text[:end])
    return bare.count("(") - bare.count(")") + ("'" in bare)


def quoted(text: str, place: int) -> bool:
    """Whether this place is inside a string."""
    return text.count("'", 0, place) % 2 == 1


def brief(text: str) -> str:
    """Short enough for a table, without what Postgres adds."""
    words = re.sub(r"\( SELECT ([^()]*\([^()]*\)) AS \w+\)", r"\1", " ".join(text.split()))
    words = re.sub(r"::(text|uuid)(\[\])?", "", words)
    while words.startswith("(") and words.endswith(")") and closing(words, 0) == len(words) - 1:
        words = words[1:-1]
    return words if len(words) <= 70 else f"{words[:67]}…"
