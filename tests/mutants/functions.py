"""Mutants of functions: a filter, a guard, a lock or the fixed search_path gone, an identity made up."""

import re
from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from tests.mutants.mutant import Layer, Mutant
from tests.mutants.predicates import brief, depth, lower_roles, quoted, split

FUNCTIONS = """
select format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)), pg_get_functiondef(p.oid),
  prosecdef, prorettype = 'uuid'::regtype and pronargs = 0 and proname ~ '_user_id$'
from pg_proc p join pg_namespace n on n.oid = pronamespace where nspowner::regrole::text ~ '^app_'
  -- What tells auditors about the catalog keeps nobody from any row.
  and nspname <> 'audit' order by 1"""
READ = re.compile(r"\b(?:from|join|using|update|into) ((?:app|auth|audit|seal)\.\w+)\b(?!\()")
WHERE = re.compile(r"\bwhere\s+")
CONDITION = re.compile(r"\b(?:els)?if\s+(.+?)\s+then\b", re.DOTALL)
# By function of a live trigger: the keys of its table that carry a tenant, which hold the same row to the same parent.
KEYS = """
select format('%I.%I()', nspname, proname), string_agg(
  format('alter table %s drop constraint %I', conrelid::regclass, conname), '; ' order by conname)
from pg_trigger join pg_proc p on p.oid = tgfoid join pg_namespace n on n.oid = pronamespace
join pg_constraint on conrelid = tgrelid and contype = 'f' and cardinality(conkey) > 1
where tgname like 'live\\_%' group by 1"""
# By function that policies ask behind fences: the fences.
FENCES = """
select format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)), string_agg(
  distinct format('drop policy %I on %s', fence.polname, fence.polrelid::regclass), '; ')
from pg_proc p join pg_namespace n on n.oid = pronamespace
join pg_depend d on d.refobjid = p.oid and d.classid = 'pg_policy'::regclass
join pg_policy let on let.oid = d.objid join pg_policy fence on fence.polrelid = let.polrelid and fence.polname = 'fence'
where nspname = 'seal' and proname like 'claimed\\_%' group by 1"""
# Where a WHERE ends, outside of every parenthesis.
AFTER = re.compile(r"\s+(?:returning|for (?:share|update)|order by|limit|group by|union)\b|;")
LOCK = re.compile(r"\s+for (?:no key )?(?:share|update)(?: skip locked)?\b|\bperform pg_advisory_xact_lock\([^;]*;")
CAREFUL = re.compile(r"\bis (not )?distinct from\b")
SEARCH_PATH = re.compile(r"\n SET search_path TO [^\n]*")
Changed = Iterator[tuple[str, str]]


def mutants(connection: Connection[Any], victim: str) -> Iterator[Mutant]:
    """Of every function that isolates; a made-up identity is the victim's."""
    keys: dict[str, str] = dict(connection.execute(KEYS.encode()).fetchall())
    fences: dict[str, str] = dict(connection.execute(FENCES.encode()).fetchall())
    for name, text, definer, identity in connection.execute(FUNCTIONS.encode()):
        tables = sorted(set(READ.findall(text)))
        bare = "; ".join(unguarded(table) for table in tables)
        # Its owner's own policies may hold what it lets through; the caller's do where it has the caller's rights.
        layers = tuple(Layer(f"row security on {table}", unguarded(table)) for table in tables)
        if len(tables) > 1:
            layers += (Layer("row security on all that it reads", bare),)
        if name in keys:
            tenant = Layer("the keys that carry a tenant", keys[name])
            layers += (tenant, Layer(f"row security, and {tenant.name}", f"{bare}; {tenant.sql}"))
        if name in fences:
            layers += (Layer("the fences", fences[name]), Layer("the fences, and row security", f"{fences[name]}; {bare}"))
        body = text.index("AS $function$") if "AS $function$" in text else text.index("\n")
        head, body = text[:body], text[body:]
        changes = [*_wheres(body), *_conditions(body), *lower_roles(body), *_words(body)]
        if identity:
            changes += _made_up(body, victim)
        for change, new in changes:
            yield Mutant(name, "body", change, head + new, layers, "waits" if change.startswith("without ") else "")
        if definer and SEARCH_PATH.search(head):
            yield Mutant(name, "search_path", "not fixed", SEARCH_PATH.sub("", head) + body)


def unguarded(table: str) -> str:
    """SQL that lets everybody with a grant see every row."""
    return f"alter table {table} disable row level security"


def _wheres(body: str) -> Changed:
    for found in WHERE.finditer(body):
        start, end = found.end(), _end(body, found.end())
        yield from _operands(body, start, end, "where ", "and")


def _end(body: str, start: int) -> int:
    """Where a WHERE that starts here ends: at the next clause, or where the parenthesis or string around it closes."""
    line = body.rfind("\n", 0, start) + 1  # a comment above may have an apostrophe
    if quoted(body[line:], start - line):
        return body.index("'", start)
    ends = (place for place in range(start, len(body)) if body[place] == ")" or AFTER.match(body, place))
    return next((place for place in ends if depth(body[start:place]) == 0), len(body))


def _conditions(body: str) -> Changed:
    for found in CONDITION.finditer(body):
        start, end = found.span(1)
        for value in ("true", "false"):
            yield f"if {brief(body[start:end])} → {value}", body[:start] + value + body[end:]
        for word in ("and", "or"):
            if len(split(body[start:end], word)) > 1:
                yield from _operands(body, start, end, "if ", word)


def _operands(body: str, start: int, end: int, clause: str, word: str) -> Changed:
    parts = split(body[start:end], word)
    for place, part in enumerate(parts):
        rest = f" {word} ".join(parts[:place] + parts[place + 1 :]) or "true"
        yield f"{clause}without {brief(part)}", body[:start] + rest + body[end:]


def _words(body: str) -> Changed:
    for found in LOCK.finditer(body):
        yield f"without {brief(found[0]).strip(';')}", body[: found.start()] + body[found.end() :]
    for found in CAREFUL.finditer(body):
        new = "=" if found[1] else "<>"
        yield f"{found[0]} → {new}", body[: found.start()] + new + body[found.end() :]


def _made_up(body: str, victim: str) -> Changed:
    start = body.find("RETURN ")
    if start >= 0:
        start, end = start + len("RETURN "), len(body.rstrip())
        yield "a fixed id", f"{body[:start]}'{victim}'::uuid\n"
        yield "somebody where there is no identity", f"{body[:start]}coalesce({body[start:end]}, '{victim}'::uuid)\n"
