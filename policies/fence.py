"""The fence: no permissive policy lets a role of requests in unless a restrictive one stands before all that it does.

A pattern writes its own. One table's own file borrows: a line `-- fence: tenant` puts the fence of `tenant.sql` before it.
"""

import re
from collections.abc import Iterable

from alembic_utils.pg_policy import PGPolicy
from sqlalchemy import Table

from policies.sql import Refused, Statement, source, statements

BORROWS = re.compile(r"^-- fence: (\w+)$", re.MULTILINE)
PARTS = re.compile(r"(?:as (?P<kind>\w+) )?(?:for (?P<command>\w+) )?to (?P<roles>\w+(?:, \w+)*)(?: (?P<predicates>.*))?")
FENCE = re.compile(r"using \((?P<using>.*)\) with check \((?P<check>.*)\)")
# What reads the setting as it stands.
CLAIMED = re.compile(r"\b(app|seal)\.claimed_\w+")
# Functions that run as app_owner or app_inspector, and sign-in, are held by policies of their own; no request becomes either.
NOT_OF_REQUESTS = {"app_owner", "app_auth", "app_inspector"}
# seal.claimed_workspaces runs as app_seal, and lets in behind fences alone.
CLAIMANT = {"app.memberships": {"app_seal"}}


def borrowed(path: str, table: Table) -> list[Statement]:
    """The fence that a file borrows: every statement of the other pattern whose policy is called `fence…`.

    Raises: Refused where that pattern has none.
    """
    found = BORROWS.search(source(path))
    if not found:
        return []
    other = f"{found[1]}.sql"
    made = [each for each in statements(other, table=table.fullname) if each.text.startswith("create policy fence")]
    if not made:
        raise Refused(
            f"policies/{path}: {table.fullname}: policies/{other} has no fence to borrow: name a pattern that has one"
        )
    return made


def check(table: Table, policies: Iterable[tuple[str, PGPolicy]]) -> None:
    """Raises Refused, naming file, table and remedy, where a role comes in past every fence; takes paths with policies."""
    parsed = [(path, policy.signature, *_parts(path, table, policy)) for path, policy in policies]
    fenced = {
        role for *_, kind, command, roles, predicates in parsed if _fences(table, kind, command, predicates) for role in roles
    }
    for path, name, kind, _, roles, predicates in parsed:
        if kind != "restrictive" and roles & NOT_OF_REQUESTS and CLAIMED.search(predicates):
            raise Refused(
                f"policies/{path}: {table.fullname}: {name} takes an identity that no fence verifies: ask app.current_user_id()"
            )
        for role in roles - NOT_OF_REQUESTS - CLAIMANT.get(table.fullname, set()) - fenced if kind != "restrictive" else ():
            raise Refused(
                f"policies/{path}: {table.fullname}: {name} lets {role} in, and no fence stands before it: begin the file with "
                "a line `-- fence: owner`, or `-- fence: tenant`, to borrow that pattern's"
            )


def _parts(path: str, table: Table, policy: PGPolicy) -> tuple[str, str, set[str], str]:
    found = PARTS.fullmatch(" ".join(policy.definition.lower().split()))
    if not found:
        raise Refused(f"policies/{path}: {table.fullname}: {policy.signature} names no role: write `to app_user`")
    return found["kind"] or "permissive", found["command"] or "all", set(found["roles"].split(", ")), found["predicates"] or ""


def _fences(table: Table, kind: str, command: str, predicates: str) -> bool:
    """For all commands, and both what is read and what is written is compared with who is asking."""
    both = FENCE.fullmatch(predicates)
    return (
        kind == "restrictive"
        and command == "all"
        and both is not None
        and all(_compares(table, each) for each in both.groups())
    )


def _compares(table: Table, predicate: str) -> bool:
    # The fence verifies; what lets in may read the claimed identity, since it is true of no row that the fence does not let
    # pass too.
    predicate = CLAIMED.sub("", predicate)
    apart = table.info.get("within", ())
    if "everybody" in apart:
        return "app." in predicate or predicate == "false"
    return "app." in predicate and any(re.search(rf"\b{column}\b", predicate) for column in apart)
