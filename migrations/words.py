"""Says what changed in who reaches what, a line each: `+` somebody may more, `-` somebody may less, `?` read it yourself.

A predicate that asks fewer conditions than before is wider, one that asks more is narrower; anything else is a `?`.
"""

import re
from collections.abc import Iterator
from typing import Any

from migrations.access import Fact, Facts, conjuncts, may

Detail = dict[str, Any] | None
Said = Iterator[tuple[str, str]]
CLAUSES = {"using": "using", "check": "with check"}
# As Postgres prints `(select app.current_user_id())`.
SUBQUERY = re.compile(r"\( SELECT ([\w.]+\([^()]*\)) AS \w+\)")


def changes(before: Facts, after: Facts) -> list[str]:
    """The lines, by subject."""
    lines = [(subject, 1, f"{sign} {_short(subject)}: {words}") for subject, sign, words in _rights(before, after)]
    for fact in sorted(before.keys() | after.keys()):
        old, new = before.get(fact), after.get(fact)
        # The keys and defaults of a newborn table are what it was made of.
        whole = fact.kind in {"key", "default"} and Fact("table", fact.subject, "") not in before.keys() & after.keys()
        if old != new and not whole:
            rank = list(WORDS).index(fact.kind) * 2
            lines += [
                (fact.subject, rank, f"{sign} {_short(fact.subject)}: {words}")
                for sign, words in WORDS[fact.kind](fact.name, old, new)
            ]
    return [line for *_, line in sorted(lines, key=lambda line: line[:2])]


def _short(subject: str) -> str:
    return subject.removeprefix("app.")


def _rights(before: Facts, after: Facts) -> Iterator[tuple[str, str, str]]:
    old, new = may(before), may(after)
    for right in sorted(old.keys() | new.keys()):
        table, role, command = right
        was, now = old.get(right), new.get(right)
        if now is None:
            yield table, "-", f"{role} loses {command}"
        elif was is None:
            yield table, "+", f"{role} may now {command}{_columns(after, table, now)}"
        elif now - was:
            yield table, "+", f"{role} may now {command}{_columns(after, table, now - was)}"
        if was and now and was - now:
            yield table, "-", f"{role} loses {command} of{_columns(before, table, was - now)}"
    for fact, grant in after.items():
        if fact.kind == "grant" and before.get(fact) != grant and (fact.subject, grant["role"], grant["command"]) not in new:
            yield fact.subject, "?", f"{grant['role']} is granted {grant['command']}, which no policy lets through"


def _columns(known: Facts, table: str, columns: frozenset[str]) -> str:
    every: list[str] = known[Fact("table", table, "")]["columns"] or []
    names = [name for name in every if name in columns]
    return "" if len(names) in {0, len(every)} else " " + ", ".join(names)


def _table(_name: str, old: Detail, new: Detail) -> Said:
    said: dict[str, Any] = new or old or {}
    if old is None or new is None:
        yield "+" if new else "-", f"this {said['kind']} is {'new' if new else 'gone'}"
    if new and said["kind"] == "table":
        for flag, open_to in (("enabled", "no policy is asked"), ("forced", "its owner sees every row")):
            if not new[flag] and (old is None or old[flag]):
                yield "+", f"row security is not {flag}: {open_to}"
            elif new[flag] and old and not old[flag]:
                yield "-", f"row security is {flag}"
    if new and "view" in said["kind"] and (old is None or old["options"] != new["options"]):
        invoker = "security_invoker=true" in (new["options"] or [])
        yield ("?", "it reads as whoever asks") if invoker else ("+", f"it reads as its owner, {new['owner']}")
    if old and new:
        if old["owner"] != new["owner"]:
            yield "?", f"it now belongs to {new['owner']}"
        if old["query"] != new["query"]:
            yield "?", "its query is another"


def _grant(_name: str, old: Detail, new: Detail) -> Said:
    if new and new["grantable"] and not (old and old["grantable"]):
        yield "+", f"{new['role']} may hand {new['command']} on to others"


def _policy(name: str, old: Detail, new: Detail) -> Said:
    said: dict[str, Any] = old or new or {}  # a changed one is called by what it was
    more, less = ("+", "-") if said["permissive"] else ("-", "+")
    called = f"{'' if said['permissive'] else 'restrictive '}policy {name} ({said['command']}, {', '.join(said['roles'])})"
    if old is None or new is None:
        yield more if new else less, f"{called} is {'new' if new else 'gone'}: {_clauses(said)}"
        return
    if old["permissive"] != new["permissive"]:
        yield less, f"{called} is now {'permissive' if new['permissive'] else 'restrictive'}"
    if old["command"] != new["command"]:
        yield "?", f"{called} is now for {new['command']}"
    yield from ((more, f"{called} holds for {role} too") for role in new["roles"] if role not in old["roles"])
    yield from ((less, f"{called} no longer holds for {role}") for role in old["roles"] if role not in new["roles"])
    yield from ((sign, f"{called}: {words}") for sign, words in _predicates(old, new))


def _predicates(old: dict[str, Any], new: dict[str, Any]) -> Said:
    for key, clause in CLAUSES.items():
        if key == "check" and (old["check"], new["check"]) == (old["using"], new["using"]):
            continue  # said already
        before, after = conjuncts(old[key]), conjuncts(new[key])
        if before - after and after - before:
            yield "?", f"{clause} asks {_all(after - before)} instead of {_all(before - after)}"
        elif before - after:
            yield "+", f"{clause} no longer asks {_all(before - after)}"
        elif after - before:
            yield "-", f"{clause} asks {_all(after - before)} too"


def _clauses(policy: dict[str, Any]) -> str:
    # What has no check of its own is checked by `using`.
    keys = [key for key in CLAUSES if policy[key] and not (key == "check" and policy["check"] == policy["using"])]
    return "; ".join(f"{CLAUSES[key]} {_all(conjuncts(policy[key])) or 'true'}" for key in keys)


def _all(conditions: set[str]) -> str:
    said = (f"({each})" if " OR " in each and len(conditions) > 1 else each for each in sorted(conditions))
    return SUBQUERY.sub(r"(select \1)", " and ".join(said))


def _function(_name: str, old: Detail, new: Detail) -> Said:
    if new is None:
        yield "?", "this function is gone"
        return
    how = f"acts as its owner, {new['owner']}" if new["definer"] else "acts as whoever calls it"
    settings = f"with {new['settings'] or 'no settings'}"
    if old is None:
        yield "+" if new["definer"] else "?", f"this function is new; it {how}, {settings}"
        return
    if (old["definer"], old["owner"]) != (new["definer"], new["owner"]):
        yield "+" if new["definer"] else "-", f"it now {how}"
    if old["settings"] != new["settings"]:
        yield "?", f"it now runs {settings}"
    if old["body"] != new["body"]:
        yield "?", "its body is another"


def _text(kind: str) -> Any:
    def said(name: str, old: Detail, new: Detail) -> Said:
        if old and new and old["text"] == new["text"]:
            yield "?", f"{kind} {name} is {'enabled' if new['enabled'] else 'disabled'}"
        elif new:
            yield "?", f"{kind} {name} is {'another' if old else 'new'}: {new['text']}"
        else:
            yield "?", f"{kind} {name} is gone"

    return said


def _flat(gained: str, lost: str) -> Any:
    def said(name: str, _old: Detail, new: Detail) -> Said:
        yield ("+", gained.format(name)) if new is not None else ("-", lost.format(name))

    return said


# In the order in which they are said of one subject.
WORDS: dict[str, Any] = {
    "table": _table,
    "grant": _grant,
    "policy": _policy,
    "trigger": _text("trigger"),
    "key": _text("key"),
    "default": _text("default of"),
    "function": _function,
    "execute": _flat("{} may now call it", "{} may no longer call it"),
    "schema": _flat("{} is now granted", "{} is no longer granted"),
    "role": _flat("is now {}", "is no longer {}"),
    "member": _flat("may now become {}", "may no longer become {}"),
}
