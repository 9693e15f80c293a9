"""Mutants of policies: each predicate, role list, command and kind is widened by one step, alone and with its fence gone."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from psycopg import Connection
from psycopg.rows import class_row

from tests.mutants.mutant import Layer, Mutant
from tests.mutants.predicates import weakened

POLICIES = """
select polname as name, format('%I.%I', nspname, relname) as table, polpermissive as permissive,
  case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end
    as command,
  array(select case when role = 0 then 'public' else role::regrole::text end from unnest(polroles) role order by 1) as roles,
  pg_get_expr(polqual, polrelid) as using, pg_get_expr(polwithcheck, polrelid) as check
from pg_policy join pg_class c on c.oid = polrelid join pg_namespace n on n.oid = relnamespace
order by 2, 1"""
ROLES = "app_user, app_guest, app_trash, app_viewer, app_auth"
SIGN_IN = f"grant usage on schema auth, seal to {ROLES}; grant select on all tables in schema auth to {ROLES}; "
SIGN_IN += f"grant execute on all functions in schema auth to {ROLES}"


class Policy(NamedTuple):
    """A policy as the catalog has it."""

    name: str
    table: str
    permissive: bool
    command: str
    roles: list[str]
    using: str | None
    check: str | None

    def made(self, **changes: Any) -> str:
        """SQL that makes it anew with changes."""
        new = self._replace(**changes)
        kind = "permissive" if new.permissive else "restrictive"
        halves = "".join(f" {word} ({text})" for word, text in (("using", new.using), ("with check", new.check)) if text)
        make = f"create policy {new.name} on {new.table} as {kind} for {new.command} to {', '.join(new.roles)}{halves}"
        return f"{self.dropped}; {make}"

    @property
    def dropped(self) -> str:
        """SQL that removes it."""
        return f"drop policy {self.name} on {self.table}"

    @property
    def opened(self) -> str:
        """SQL after which it lets everything through that it decides about."""
        if not self.permissive:
            return self.dropped
        return self.made(using="true" if self.using else None, check="true" if self.check else None)


def mutants(connection: Connection[Any]) -> Iterator[Mutant]:
    """Of every policy."""
    with connection.cursor(row_factory=class_row(Policy)) as cursor:
        found = cursor.execute(POLICIES.encode()).fetchall()
    for policy in found:
        others = [other for other in found if other.table == policy.table and other != policy]
        layers = tuple(_layers(policy, others))
        for change, sql in _changes(policy):
            # Without a permissive policy somebody sees less: no layer hides that.
            behind = () if policy.permissive and change == "dropped" else layers
            yield Mutant(policy.table, f"policy {policy.name}", change, sql, behind, _hints(policy, change))
        fences = [other for other in others if policy.permissive and not other.permissive]
        if fences and {policy.using, policy.check} - {None, "true"}:
            both = "; ".join([policy.opened, *(fence.dropped for fence in fences)])
            yield Mutant(policy.table, f"policy {policy.name}", "true, and no fence", both, layers[1:2], _hints(policy, ""))


def _changes(policy: Policy) -> Iterator[tuple[str, str]]:
    yield "dropped", policy.dropped
    for half in ("using", "check"):
        text = getattr(policy, half)
        if text and text != "true":
            yield f"{half} → true", policy.made(**{half: "true"})
            for change, new in weakened(text):
                yield f"{half}: {change}", policy.made(**{half: new})
    if not policy.permissive:
        yield "permissive", policy.made(permissive=True)
        for role in policy.roles if len(policy.roles) > 1 else []:
            yield f"not for {role}", policy.made(roles=[other for other in policy.roles if other != role])
        return
    if policy.command != "all":
        yield "for all", policy.made(command="all", using=policy.using or policy.check, check=policy.check or policy.using)
    yield "to public", policy.made(roles=["public"])


def _layers(policy: Policy, others: list[Policy]) -> Iterator[Layer]:
    """From the nearest to everything else that the table has."""
    if policy.permissive:
        fences = "; ".join(other.dropped for other in others if not other.permissive)
        yield Layer(f"the fences of {policy.table}", fences)
        # What another lets through already this one cannot add.
        more = "; ".join(other.dropped for other in others if other.permissive)
        yield Layer(f"the other permissive policies of {policy.table}", more)
    else:
        # All of its permissive policies, and those that it does not have.
        open_door = f"create policy open_door on {policy.table} using (true) with check (true)"
        yield Layer(f"the permissive policies of {policy.table}", open_door)
    # What permits the same to the same role is not opened, but taken away: nothing could be seen behind it.
    rest = "; ".join(other.dropped if _same(policy, other) else other.opened for other in others)
    grants = f"grant select, insert, update, delete on {policy.table} to {ROLES}"
    yield Layer(f"the grants on {policy.table}", grants)
    yield Layer(f"the grants and every other policy of {policy.table}", f"{grants}; {rest}")
    # A policy may ask functions, and these tables, that only one role may ask.
    yield Layer(f"the grants on {policy.table} and on sign-in", f"{grants}; {SIGN_IN}")


def _hints(policy: Policy, change: str) -> str:
    every = "insert update delete select"
    commands = "insert update" if change.startswith("check") else every if policy.command == "all" else policy.command
    if change == "for all":
        return " ".join([*policy.roles, *(word for word in every.split() if word != policy.command)])
    if change == "to public":
        return " ".join([commands, *(role for role in ROLES.split(", ") if role not in policy.roles)])
    return " ".join([commands, *policy.roles])


def _same(policy: Policy, other: Policy) -> bool:
    return policy.permissive and other.permissive and policy.command == other.command and policy.roles == other.roles
