"""What lets members in takes the claimed identity: nobody is shown what another has by forging theirs, or gets their role."""

import os
import struct
from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.isolation import sealed as made
from tests.isolation.sealed import KEY, REFUSED, SETTING, TRASH, USER, Claim, Sealed, put
from tests.isolation.session import outcome

NAMED = "select seal.claimed_workspaces()"
PLANS = ("seqscan", "indexscan", "indexonlyscan", "bitmapscan")
FORGE = f"set_config('{SETTING}', '{{alice}}', true)"


@pytest.fixture(scope="module")
def sealed() -> Iterator[Sealed]:
    with made.made() as found:
        yield found


@pytest.fixture(scope="module")
def elsewhere(sealed: Sealed) -> dict[str, UUID]:
    """Rows of a workspace where alice is not, by table."""
    found: dict[str, UUID] = {}
    for table, columns, values in (
        ("workspaces", "name", "'elsewhere'"),
        ("projects", "workspace_id, name", "'{workspaces}', 'elsewhere'"),
        ("tasks", "workspace_id, project_id, title", "'{workspaces}', '{projects}', 'elsewhere'"),
        ("memberships", "workspace_id, user_id, role", f"'{{workspaces}}', '{sealed.world.mallory.id}', 'owner'"),
        ("invitations", "workspace_id, role, token_hash", "'{workspaces}', 'viewer', sha256('x')"),
    ):
        insert = f"insert into app.{table} ({columns}) values ({values.format(**found)}) returning id"
        found[table] = sealed.owner.execute(insert.encode()).fetchall()[0][0]
    return found


def fastpath(session: psycopg.Connection[Any], function: int, argument: bytes) -> bytes:
    """The server's answer to a function call by its number, which no client but libpq's PQfn sends."""
    body = struct.pack("!ihhhi", function, 1, 0, 1, len(argument)) + argument + struct.pack("!h", 0)
    os.write(session.fileno(), b"F" + struct.pack("!i", len(body) + 4) + body)
    answer = b""
    os.set_blocking(session.fileno(), True)
    while not answer.endswith(b"Z\0\0\0\5T") and not answer.endswith(b"Z\0\0\0\5E"):
        answer += os.read(session.fileno(), 65536)
    return answer


@pytest.mark.parametrize("role", [USER, TRASH])
@pytest.mark.parametrize("who", ["nobody's seal", "a seal of mallory's"])
def test_no_sql_asks_for_the_workspaces_of_whom_it_claims_to_be(sealed: Sealed, role: str, who: str) -> None:
    sealed.keys(KEY)
    number = sealed.owner.execute("select 'seal.claimed_workspaces'::regproc::oid").fetchall()[0][0]
    url = f"{sealed.database.api}?sslmode=disable&gssencmode=disable"
    for usage in (False, True):
        if usage:
            sealed.owner.execute(f"grant usage on schema seal to {role}".encode())
        with sealed.bound(role, SETTING, str(sealed.world.mallory.id), url=url) as session:
            if who == "a seal of mallory's":
                put(session, Claim(str(sealed.world.mallory.id), session.info.backend_pid, role).seal)
            session.execute(f"select {FORGE.format(alice=sealed.alice)}".encode())
            assert outcome(session, NAMED) == (1 if usage else "42501")
            session.execute("savepoint s")
            answer = fastpath(session, number, b"viewer")
            # Without the revoked USAGE it is an oracle: the attack works.
            assert (b"C42501" in answer, sealed.world.workspace.encode() in answer) == (not usage, usage)
            session.execute("rollback to s")
    sealed.owner.execute(f"revoke usage on schema seal from {role}".encode())


def choose(session: psycopg.Connection[Any], plan: str) -> None:
    """From now on Postgres finds rows in this way where it can."""
    for each in PLANS:
        session.execute(f"set local enable_{each} = {each == plan}".encode())


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("table", ["tasks", "projects", "workspaces", "memberships"])
def test_no_plan_tells_an_unsealed_identity_where_it_is_a_member(
    sealed: Sealed, elsewhere: dict[str, UUID], table: str, plan: str
) -> None:
    column = "id" if table == "workspaces" else "workspace_id"
    rows = [(sealed.world.workspace,), (str(elsewhere["workspaces"]),)]
    conditions = [
        f"{column} = '{{0}}'",
        f"{column} >= '{{0}}' and {column} <= '{{0}}'",
        f"id is not null and {column} = '{{0}}'",
    ]
    asked = [f"select id from app.{table} where {condition}" for condition in conditions]
    asked += [
        f"update app.{table} set {column} = {column} where {conditions[0]}",
        f"delete from app.{table} where {conditions[0]}",
    ]
    asked += [f"{asked[0]} for key share"]
    for keys in ((), (KEY,)):
        sealed.keys(*keys)
        with sealed.bound(USER, SETTING, sealed.alice) as session:
            choose(session, plan)
            for statement in asked:
                mine, theirs = (outcome(session, statement.format(*row)) for row in rows)
                if keys:
                    assert mine == theirs
                    assert mine in {REFUSED, "42501"}
            assert keys or outcome(session, asked[0].format(*rows[0])) != 0


INSERTS = {
    "projects": "insert into app.projects (workspace_id, name) values ('{workspaces}', 'x')",
    "tasks": "insert into app.tasks (workspace_id, project_id, title) values ('{workspaces}', '{projects}', 'x')",
    "comments": "insert into app.comments (workspace_id, task_id, body) values ('{workspaces}', '{tasks}', 'x')",
    "invitations": "insert into app.invitations (workspace_id, token_hash) values ('{workspaces}', sha256('y'))",
}


@pytest.mark.parametrize("scope", ["", "read:", "read:{workspaces}", "write:{workspaces}", "x"])
@pytest.mark.parametrize("table", INSERTS)
def test_no_new_row_tells_an_unsealed_identity_where_it_is_a_member(
    sealed: Sealed, elsewhere: dict[str, UUID], table: str, scope: str
) -> None:
    """Nor do the words of the refusal: a policy that is named let the row past another."""
    here = {**sealed.world.live, "workspaces": sealed.world.workspace}
    for returning, plan, keys in product(("", " returning id"), PLANS, ((), (KEY,))):
        sealed.keys(*keys)
        said = []
        for rows in (here, elsewhere):
            with sealed.bound(USER, SETTING, sealed.alice) as session:
                choose(session, plan)
                session.execute("select set_config('app.current_scope', %s, true)", [scope.format(**here)])
                said.append(refusal(session, INSERTS[table].format(**rows) + returning))
        if keys:
            assert said[0] == said[1] != ""
        elif not scope:
            assert said[0] == "" != said[1]


def test_who_invites_is_verified_before_anything_is_looked_for(sealed: Sealed) -> None:
    """As the plans above do not all show: where no membership is found, nobody would be asked whose it is."""
    sealed.keys(KEY)
    with sealed.bound(USER, SETTING, "") as session:
        assert "no identity" in refusal(session, INSERTS["invitations"].format(workspaces=sealed.world.workspace))


def refusal(session: psycopg.Connection[Any], statement: str) -> str:
    """All that is said of a statement that was refused."""
    try:
        session.execute(statement.encode())
    except psycopg.Error as error:
        return f"{error.sqlstate} {error.diag.message_primary} {error.diag.message_detail} {error.diag.context}"
    return ""


WITHIN = {
    "a new row": "insert into app.projects (workspace_id, name) select '{workspace}', {forge}",
    "the second of two new rows": "insert into app.projects (workspace_id, name) "
    "select '{workspace}', case i when 2 then {forge} else 'x' end from generate_series(1, 2) i",
    "a change": "update app.projects set name = {forge}",
    "a change, chosen": "update app.projects set name = {forge} where id = '{project}'",
    "a change after a look": "with forged as materialized (select {forge}) "
    "update app.projects set name = 'x' from forged where projects.workspace_id = '{workspace}'",
    "an upsert": "insert into app.projects (workspace_id, name) select '{workspace}', {forge} on conflict do nothing",
    "a merge": "merge into app.projects p using (select {forge} as name) s on p.id = '{project}' "
    "when matched then update set name = s.name",
}


@pytest.mark.parametrize("within", WITHIN)
def test_a_viewer_who_forges_an_identity_within_a_statement_writes_nothing(sealed: Sealed, within: str) -> None:
    sealed.keys(KEY)
    vic, world = str(sealed.world.vic.id), sealed.world
    statement = WITHIN[within].replace("{forge}", FORGE).format(
        alice=sealed.alice, workspace=world.workspace, project=world.live["projects"]
    )  # fmt: skip
    with sealed.bound(USER, SETTING, vic) as session:
        put(session, Claim(vic, session.info.backend_pid).seal)
        assert int(outcome(session, "select from app.projects")) >= 1
        assert outcome(session, statement) in {REFUSED, "42501"}
    sealed.keys()
    with sealed.bound(USER, SETTING, sealed.alice) as session:
        # Of who may it is no error, so that it is the role, and nothing else, that refuses.
        assert int(outcome(session, statement)) >= 1


# An index would ask both at once.
ROW_BY_ROW = (
    "select set_config('enable_' || kind || 'scan', 'off', true) from unnest(array['index', 'indexonly', 'bitmap']) kind"
)


def between(table: str, alice: str, other: UUID) -> str:
    """A statement that reads a row of nobody's concern, which the fence does not let pass, then forges, then reads the rest."""
    return (
        "select t.id from generate_series(1, 2) i, "
        f"lateral (select case i when 2 then {FORGE.format(alice=alice)} end x offset 0) f, "
        f"lateral (select id from app.{table} t where f.x is not null or t.id = '{other}' offset 0) t"
    )


@pytest.mark.parametrize("role", [USER, TRASH])
@pytest.mark.parametrize("table", ["tasks", "projects", "workspaces", "memberships", "invitations"])
def test_who_forges_an_identity_between_two_rows_sees_no_more(
    sealed: Sealed, elsewhere: dict[str, UUID], table: str, role: str
) -> None:
    """The fence remembers who was verified at its first row; what it lets pass is asked later, of somebody else."""
    sealed.keys(KEY)
    vic = str(sealed.world.vic.id)
    with sealed.bound(role, SETTING, vic) as session:
        put(session, Claim(vic, session.info.backend_pid, role).seal)
        session.execute(ROW_BY_ROW)
        honest = outcome(session, f"select id from app.{table}")
        early = f"select t.id, {FORGE.format(alice=sealed.alice)} from app.{table} t"
        for statement in (early, between(table, sealed.alice, elsewhere[table])):
            assert outcome(session, statement) in {REFUSED, honest}


def test_a_policy_narrower_than_its_fence_has_to_verify(sealed: Sealed, elsewhere: dict[str, UUID]) -> None:
    """The attack above, on policies that would take the claimed identity's role: it works."""
    loose = {
        ("invitations", USER): "alter policy select_admin on app.invitations "
        "using (workspace_id = any ((select seal.claimed_workspaces('admin'))::uuid[]))",
        ("tasks", TRASH): "alter policy select_bin on app.tasks "
        "using (workspace_id = any ((select seal.claimed_workspaces())::uuid[]) "
        "and (deleted_at is null or workspace_id = any ((select seal.claimed_workspaces('editor'))::uuid[])))",
    }
    sealed.keys(KEY)
    vic = str(sealed.world.vic.id)
    for (table, role), policy in loose.items():
        statement, seen = between(table, sealed.alice, elsewhere[table]), []
        with psycopg.connect(sealed.database.owner) as session:
            for change in ("select", policy):
                session.execute("savepoint s")
                session.execute(change.encode())
                session.execute("reset session authorization; set session authorization app_api")
                session.execute(f"set local role {role}".encode())
                session.execute("select set_config(%s, %s, true)", [SETTING, vic])
                put(session, Claim(vic, session.info.backend_pid, role).seal)
                session.execute(ROW_BY_ROW)
                seen += [outcome(session, f"select id from app.{table}"), outcome(session, statement)]
                session.execute("rollback to s")
            session.rollback()
        assert seen[1] in {REFUSED, seen[0]}
        assert int(seen[3]) > int(seen[0])
