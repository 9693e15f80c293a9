"""Every table is isolated, by rules that hold for tables yet to come: flags, fences, roles, and predicates that ask once."""

import re

import pytest

from tests.policies.catalog import TABLES, Connection, rows, tables

# Tables without a fence for requests, and why.
UNFENCED = {
    "auth.factors": "no role has any right there; functions of app_owner see those of whom the transaction is about",
    "auth.mails": "no role has any right there; functions of app_owner see those of the token, address or person that is bound",
    "auth.attempts": "no role has any right there; functions of app_owner see the account that is bound, and networks",
    "auth.credentials": "no request's role has any right there; app_auth sees the address that its transaction names",
    "auth.refresh_tokens": "no role has any right there; functions of app_owner see the session that is bound",
    "auth.subjects": "no request's role has any right there; app_auth sees the person's own",
    "auth.revocations": "no role has any right there; functions of app_owner write and read ids that open nothing",
}
POLICIES = """
select polname, polrelid::regclass::text, polpermissive, polroles::regrole[]::text[], polroles @> '{0}',
  pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), obj_description(p.oid, 'pg_policy')
from pg_policy p order by 2, 1"""
# Postgres runs a call in a sub-select once for the statement, a bare one once for each row.
ASKED_ONCE = re.compile(r"\( SELECT (?:app\.|seal\.|pg_)\w+\([^()]*\) AS \w+\)")


def test_every_table_forces_row_security(owner: Connection) -> None:
    query = f"""
        select nspname || '.' || relname from pg_class c join pg_namespace n on n.oid = relnamespace
        where {TABLES} and not (relrowsecurity and relforcerowsecurity)"""
    assert len(tables(owner)) >= 9
    assert rows(owner, query) == []


def test_no_view_and_no_sequence_goes_around_the_tables(owner: Connection) -> None:
    query = """
        select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = relnamespace
        where nspname in ('app', 'auth') and relkind in ('v', 'm', 'f', 'S')
          and not coalesce(reloptions @> '{security_invoker=true}', false)"""
    assert rows(owner, query) == []


def test_every_table_has_a_fence_or_a_reason(owner: Connection) -> None:
    restrictive = {table for _, table, permissive, *_ in rows(owner, POLICIES) if not permissive}
    assert {table for table in tables(owner) if table not in restrictive} == UNFENCED.keys()


@pytest.mark.parametrize(("role", "many"), [("app_user", 5), ("app_guest", 1), ("app_trash", 5), ("app_viewer", 5)])
def test_fence_covers_every_role_that_a_permissive_policy_lets_in(owner: Connection, role: str, many: int) -> None:
    """A fence for reads and writes: `using` at least, and `for all`."""
    query = """
        select polrelid::regclass::text from pg_policy
        where %s::regrole = any (polroles) and polpermissive
        except
        select polrelid::regclass::text from pg_policy
        where %s::regrole = any (polroles) and not polpermissive and polcmd = '*' and polqual is not null
          and polwithcheck is not null"""
    assert rows(owner, query, role, role) == []
    assert rows(owner, "select count(*) from pg_policy where polpermissive and %s::regrole = any (polroles)", role) > [many]


def test_every_table_has_a_permissive_policy(owner: Connection) -> None:
    assert {table for _, table, permissive, *_ in rows(owner, POLICIES) if permissive} == set(tables(owner))


def test_every_policy_says_what_it_is_for(owner: Connection) -> None:
    assert [(name, table) for name, table, *_, comment in rows(owner, POLICIES) if not comment] == []


def test_no_policy_is_for_everybody(owner: Connection) -> None:
    assert [(name, table) for name, table, _, _, public, *_ in rows(owner, POLICIES) if public] == []


def test_policies_are_for_no_login_and_no_stranger(owner: Connection) -> None:
    roles = {role for _, _, _, roles, *_ in rows(owner, POLICIES) for role in roles}
    assert roles == {"app_user", "app_guest", "app_trash", "app_viewer", "app_inspector", "app_auth", "app_owner", "app_seal"}
    assert {table for _, table, _, roles, *_ in rows(owner, POLICIES) if "app_auth" in roles} == {
        "auth.credentials",
        "auth.subjects",
    }


def test_no_predicate_is_always_true(owner: Connection) -> None:
    for name, table, _, roles, _, using, check, _ in rows(owner, POLICIES):
        for predicate in (using, check):
            # Nobody becomes app_inspector.
            assert predicate != "true" or (name, roles) == ("select_inspector", ["app_inspector"]), (name, table)
            assert not re.search(r"\b(OR|NOT) (true|false)\b|\b(\d+) = \3\b", predicate or ""), (name, table)


def test_parents_are_shown_to_triggers_of_the_owner_alone(owner: Connection) -> None:
    """`migrations/pgrls.py` lets these two pass by their names."""
    found = {
        (name, *roles, using, check) for name, _, _, roles, _, using, check, _ in rows(owner, POLICIES) if "_parent" in name
    }
    inside = "(( SELECT pg_trigger_depth() AS pg_trigger_depth) > 0)"
    assert found == {("select_parent", "app_owner", inside, None), ("hold_parent", "app_owner", inside, "false")}
    live = "select pg_get_function_result(oid), prosrc ~ 'for share', prosecdef from pg_proc "
    live += "where proname ~ '_live_' and pronamespace = 'app'::regnamespace"
    assert {tuple(row) for row in rows(owner, live)} == {("trigger", True, True)}


def test_every_function_in_a_predicate_is_asked_once(owner: Connection) -> None:
    asked = 0
    for name, table, _, _, _, using, check, _ in rows(owner, POLICIES):
        for predicate in (using or "", check or ""):
            left = ASKED_ONCE.sub("", predicate)
            assert not re.search(r"(app|seal)\.\w+\(|trigger_depth", left), (name, table, left)
            asked += len(ASKED_ONCE.findall(predicate))
    assert asked > 50, "the expression above still reads what Postgres prints"


def test_rules_above_would_notice_a_bare_call() -> None:
    assert ASKED_ONCE.sub("", "(owner_id = app.current_user_id())") == "(owner_id = app.current_user_id())"
    assert ASKED_ONCE.sub("", "(owner_id = ( SELECT app.current_user_id() AS current_user_id))") == "(owner_id = )"
