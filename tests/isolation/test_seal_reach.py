"""Nothing takes an identity without its seal: no table, command or function; and nobody reads what seals are made with."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from db.account import binaries
from tests.db.logins import roles
from tests.isolation import sealed as made
from tests.isolation.attacks import TABLES
from tests.isolation.sealed import KEY, OTHER, REFUSED, SETTING, TRASH, USER, Claim, Sealed, put
from tests.isolation.session import outcome
from tests.notes import person_with_notes

ROLES = [USER, TRASH, "app_viewer", "app_api", "app_auth", "app_auditor", "app_inspector", "app_owner"]
# What is refused before a policy is asked, or does not exist, is so with and without a seal.
BEFORE_ANY_POLICY = {"42501", "42703"}


@pytest.fixture(scope="module")
def sealed() -> Iterator[Sealed]:
    with made.made() as found:
        yield found


@pytest.mark.parametrize("role", [USER, TRASH])
@pytest.mark.parametrize("table", TABLES)
def test_no_command_takes_an_unsealed_identity(sealed: Sealed, table: str, role: str) -> None:
    commands = [f"select id from app.{table} where id = '{sealed.world.live[table]}'"]
    commands += [f"{verb} from app.{table}" for verb in ("select count(id)", "delete")]
    commands += [f"update app.{table} set {c} = {c}" for c in ("title", "body", "name", "role", "deleted_at")]
    commands += [f"select id from app.{table} for key share"]
    answers = []
    for keys in ((), (KEY,)):
        sealed.keys(*keys)
        # Each from the same rows: where none is left, no policy is asked, and nothing is shown either.
        with sealed.bound(role, SETTING, sealed.alice) as session:
            answers.append([outcome(session, command) for command in commands])
    bare, refused = answers
    assert refused == [was if was in BEFORE_ANY_POLICY else REFUSED for was in bare]
    assert bare[0] == 1 or role == TRASH


@pytest.mark.parametrize("plan", ["seqscan", "indexscan", "indexonlyscan", "bitmapscan"])
def test_no_plan_tells_an_unsealed_identity_whose_a_row_is(sealed: Sealed, plan: str) -> None:
    """What lets in takes the claimed identity: were it asked before the fence, an error would say "that row is alice's"."""
    where = "select id from app.notes where owner_id = %s"
    rows = [sealed.owner.execute(where, [who]).fetchone() for who in (sealed.alice, person_with_notes(sealed.owner, "m"))]
    assert None not in rows
    asked = ["id = '{0}'", "id >= '{0}' and id <= '{0}'", "title > '' and id = '{0}'", "owner_id is not null and id = '{0}'"]
    for keys in ((), (KEY,)):
        sealed.keys(*keys)
        with sealed.bound(USER, SETTING, sealed.alice) as session:
            for each in ("seqscan", "indexscan", "indexonlyscan", "bitmapscan"):
                session.execute(f"set local enable_{each} = {each == plan}".encode())
            for condition in asked:
                found = [outcome(session, f"select id from app.notes where {condition.format(*row)}") for row in rows if row]
                assert found == ([REFUSED, REFUSED] if keys else [1, 0])


@pytest.mark.parametrize(
    "step",
    [
        "select app.current_user_id()",
        "select app.my_people()",
        "select app.my_workspaces()",
        "select * from app.create_workspace('mine')",
        "insert into app.notes (title) values ('mine')",
        "insert into app.projects (workspace_id, name) values ('{workspace}', 'mine')",
    ],
)
def test_no_function_and_no_insert_takes_an_unsealed_identity(sealed: Sealed, step: str) -> None:
    with sealed.bound(USER, SETTING, sealed.alice) as session:
        for keys, expected in (((), 1), ((KEY,), REFUSED)):
            sealed.keys(*keys)
            assert outcome(session, step.format(workspace=sealed.world.workspace)) == expected


def test_no_unsealed_address_reads_or_makes_a_credential(sealed: Sealed) -> None:
    found = sealed.owner.execute("select email from auth.credentials where user_id = %s", [sealed.alice]).fetchone()
    assert found is not None
    email = found[0]
    with sealed.bound("app_auth", "auth.email", email, url=sealed.database.auth) as session:
        for keys, expected in (((), 1), ((KEY,), REFUSED)):
            sealed.keys(*keys)
            assert outcome(session, "select user_id from auth.credentials") == expected
            assert outcome(session, "select auth.sign_up('x', 'x')") == expected
        put(session, Claim(email, session.info.backend_pid, "app_auth", "auth.email").seal)
        assert outcome(session, "select user_id from auth.credentials") == 1
        another = "select set_config('auth.email', 'another@example.com', true)"
        assert outcome(session, f"{another}; select user_id from auth.credentials") == REFUSED


def test_superusers_and_named_dbas_need_no_seal_and_nobody_else_does(sealed: Sealed) -> None:
    sealed.keys(KEY)
    with roles(sealed.database) as made_roles:
        url = made_roles.login()

        def sees(url: str) -> str | int:
            with sealed.bound(USER, SETTING, sealed.alice, url=url) as session:
                return outcome(session, "select from app.notes")

        assert (sees(sealed.database.owner), sees(url)) == (1, REFUSED)
        sealed.owner.execute("insert into seal.exempt values (%s)", [psycopg.conninfo.conninfo_to_dict(url)["user"]])
        assert (sees(url), sees(sealed.database.api)) == (1, REFUSED)
        sealed.owner.execute("delete from seal.exempt")


@pytest.mark.parametrize("role", ROLES)
def test_no_role_reads_a_key_or_names_itself_a_dba(sealed: Sealed, role: str) -> None:
    sealed.keys(KEY)
    assert sealed.owner.execute("select from seal.keys").rowcount == 1
    with psycopg.connect(sealed.database.owner, autocommit=True) as session, ExitStack() as ended:
        session.execute("begin")
        ended.callback(session.execute, "rollback")
        session.execute(f"set local role {role}".encode())
        for table in ("keys", "exempt"):
            for command in ("select from seal.{}", "insert into seal.{} default values", "delete from seal.{}"):
                assert outcome(session, command.format(table)) == "42501"
        assert outcome(session, "set local role app_seal; select from seal.keys") == 1, "the superuser behind it may"
        assert outcome(session, "select most_common_vals from pg_stats where schemaname = 'seal'") == 0


def test_no_dump_of_the_data_has_a_key(sealed: Sealed) -> None:
    sealed.keys(KEY)
    sealed.owner.execute("analyze seal.keys")

    def dumped(*options: str) -> str:
        program = [str(binaries() / "pg_dump"), *options, sealed.database.owner]
        return subprocess.run(program, capture_output=True, text=True, check=True).stdout

    pads = sealed.owner.execute("select encode(inner_pad, 'hex'), encode(outer_pad, 'hex') from seal.keys").fetchone()
    assert pads is not None
    kept = dumped("--schema=app", "--schema=auth", "--schema=audit")
    restorable = dumped("--exclude-table-data=seal.keys")
    assert "alice" in kept
    assert "CREATE FUNCTION seal.verified" in restorable
    for pad in pads:
        assert pad in dumped()
        assert pad not in kept + restorable


PLANTED = """
create function public.planted() returns boolean language plpgsql as $$
declare inside bytea;
begin
  select inner_pad into inside from seal.keys;
  return exists (select from pg_class where inside || convert_to(relname::text, 'UTF8') is null);
end $$"""


@pytest.mark.parametrize("mode", ["auto", "force_custom_plan"])
def test_no_plan_that_a_session_is_shown_has_a_key_in_it(sealed: Sealed, mode: str) -> None:
    """A function's owner may read the key; its plans are printed for whoever called, with what was put into them."""
    sealed.keys(OTHER, KEY)
    found = sealed.owner.execute("select inner_pad, outer_pad from seal.keys").fetchall()
    pads = [" ".join(str(byte - 256 * (byte > 127)) for byte in pad[:20]) for row in found for pad in row]
    shown: list[str] = []

    def show(session: psycopg.Connection[Any]) -> None:
        shown.clear()
        session.add_notice_handler(lambda notice: shown.append(f"{notice.message_primary} {notice.message_detail}"))
        for setting in ("client_min_messages = debug5", "debug_print_plan = on", f"plan_cache_mode = {mode}"):
            session.execute(f"set local {setting}".encode())

    with sealed.bound(USER, SETTING, sealed.alice) as session:
        show(session)
        for _ in range(7):
            assert outcome(session, "select app.current_user_id()") == REFUSED
        plans = " ".join(" ".join(shown).split())
        assert "PLANNEDSTMT" in plans
        assert not any(pad in plans for pad in pads)
    with psycopg.connect(sealed.database.owner) as session:
        session.execute(PLANTED)
        show(session)
        session.execute("select public.planted()")
        assert any(pad in " ".join(" ".join(shown).split()) for pad in pads)
        session.rollback()
