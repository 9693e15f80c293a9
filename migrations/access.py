"""Who reaches what, read from the catalog; and what of it a role may really do, grants and policies taken together."""

from pathlib import Path
from typing import Any, NamedTuple

import psycopg

QUERY = Path(__file__).with_name("access.sql")
# Row security asks policies for these, and nobody for the others.
GUARDED = {"select", "insert", "update", "delete"}


class Fact(NamedTuple):
    """What a fact is about; its detail is what a revision may change."""

    kind: str
    subject: str
    name: str


Facts = dict[Fact, dict[str, Any]]
May = dict[tuple[str, str, str], frozenset[str]]


def facts(connection: psycopg.Connection[Any]) -> Facts:
    """Every one of them; the connection may be anybody's, the catalog is open."""
    rows = connection.execute(QUERY.read_bytes()).fetchall()
    return {Fact(kind, subject, name): detail for kind, subject, name, detail in rows}


def may(known: Facts) -> May:
    """Table, role, command: the columns. A grant under row security is one only where a permissive policy lets it through."""
    return {
        (fact.subject, grant["role"], grant["command"]): frozenset(grant["columns"] or ())
        for fact, grant in known.items()
        if fact.kind == "grant" and _passes(known, fact.subject, grant)
    }


def _passes(known: Facts, table: str, grant: dict[str, Any]) -> bool:
    if grant["command"] not in GUARDED or not known[Fact("table", table, "")]["enabled"]:
        return True
    return any(
        policy["permissive"]
        and policy["command"] in {grant["command"], "all"}
        and (grant["role"] == "public" or {grant["role"], "public"} & set(policy["roles"]))
        for fact, policy in known.items()
        if (fact.kind, fact.subject) == ("policy", table)
    )


def conjuncts(predicate: str | None) -> set[str]:
    """What a predicate asks, each condition by itself: `((a) AND (b))` asks a and b, `true` and no predicate ask nothing."""
    text = predicate or "true"
    while text.startswith("(") and _closing(text) == len(text) - 1:
        text = text[1:-1]
    parts, depth, start, quoted = [], 0, 0, False
    for at, letter in enumerate(text):
        quoted ^= letter == "'"
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if not quoted and depth == 0 and text.startswith(" AND ", at):
            parts.append(text[start:at])
            start = at + len(" AND ")
    if not parts:
        return {text} - {"true"}
    return set().union(*(conjuncts(part) for part in (*parts, text[start:])))


def _closing(text: str) -> int:
    """Where the parenthesis ends that the text begins with."""
    depth, quoted = 0, False
    for at, letter in enumerate(text):
        quoted ^= letter == "'"
        depth += 0 if quoted else (letter == "(") - (letter == ")")
        if depth == 0:
            return at
    return -1
