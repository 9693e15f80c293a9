"""What audit.explain and audit.who_can say is what really happens, for every table, command, role and person there is."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest

from db.models import metadata
from policies.compile import TRIED
from tests.isolation.attacks import TABLES, granted
from tests.isolation.session import acting
from tests.people import World
from tests.policies.catalog import rows
from tests.server import Database

Session = psycopg.Connection[Any]
PEOPLE = ("alice", "adam", "erin", "vic", "fred", "mallory")
COMMANDS = ("select", "insert", "update", "delete")
REQUESTS = [f"app_{role}" for role in TRIED]
# What refuses because of who somebody is; a constraint refuses what is written.
DENIED = "42501"


class Came(NamedTuple):
    """What came of a statement in a request's own session."""

    rows: int
    state: str | None
    message: str


@pytest.fixture
def dba(database: Database) -> Iterator[Session]:
    """A session whose login has what DBAs have, and no more."""
    with psycopg.connect(database.owner, autocommit=True) as session:
        session.execute("set session authorization app_auditor")
        yield session


def attempt(owner: Session, name: str, command: str, role: str, row: UUID) -> tuple[str, list[Any]]:
    """The statement by the model's grants, not by the catalog as audit.explain has it; and what it is given."""
    table = metadata.tables[f"app.{name}"]
    columns = granted(table, role, command.upper()) or ("id",)
    if command == "select":
        return f"select from app.{name} where id = %s", [row]
    if command == "delete":
        return f"delete from app.{name} where id = %s", [row]
    if command == "update":
        return f"update app.{name} set {', '.join(f'{column} = {column}' for column in columns)} where id = %s", [row]
    given = owner.execute(f"select {', '.join(columns)} from app.{name} where id = %s".encode(), [row]).fetchone()
    assert given is not None
    return f"insert into app.{name} ({', '.join(columns)}) values ({', '.join('%s' for _ in columns)})", [*given]


def really(session: Session, statement: str, values: list[Any]) -> Came:
    """In a savepoint that is rolled back."""
    session.execute("savepoint attempt")
    try:
        return Came(session.execute(statement.encode(), values).rowcount, None, "")
    except psycopg.Error as error:
        return Came(0, error.sqlstate, str(error.diag.message_primary))
    finally:
        session.execute("rollback to savepoint attempt")


def named(world: World) -> dict[str, UUID | None]:
    """Everybody, and nobody."""
    return {name: world.person(name).id for name in PEOPLE} | {"nobody": None}


def kinds(world: World, table: str) -> list[UUID]:
    """A live row, and one in the bin."""
    return [found[table] for found in (world.live, world.binned) if table in found]


@pytest.mark.parametrize("role", REQUESTS)
@pytest.mark.parametrize("table", TABLES)
async def test_explanation_is_what_happens(  # noqa: PLR0917
    world: World, database: Database, owner: Session, dba: Session, table: str, role: str
) -> None:
    said = "select audit.explain(%s, %s, %s, %s, %s)"
    asked = {}
    for who, person in named(world).items():
        # An identity of nobody's is an empty setting.
        with acting(database.api, person or UUID(int=0), role) as session:
            session.execute("select set_config('app.current_user_id', '', true)" if person is None else "select 1")
            for row in kinds(world, table):
                for command in COMMANDS:
                    came = really(session, *attempt(owner, table, command, role, row))
                    asked[who, command, row] = came
    for (who, command, row), came in asked.items():
        [(sentence,)] = dba.execute(said, [named(world)[who], f"app.{table}", row, command, role]).fetchall()
        what = (who, command, came, sentence)
        assert sentence.startswith(f"{'allowed' if came.rows else 'refused'}, as {role}: "), what
        if came.rows:
            assert re.search(r" is let by \w", sentence), what
        elif granted(metadata.tables[f"app.{table}"], role, command.upper()) is None:
            assert (came.state, f"holds no {command.upper()} on app.{table}" in sentence) == (DENIED, True), what
        elif came.state:
            assert came.message in sentence, what
        else:
            assert re.search(r" meets no such row: .*(\w does not let them|\w does not hold)", sentence), what


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("table", TABLES)
async def test_list_of_who_can_is_everybody_who_is_allowed(
    world: World, owner: Session, dba: Session, table: str, command: str
) -> None:
    row = kinds(world, table)[0]
    listed = {
        person: reason
        for person, _, reason in dba.execute("select * from audit.who_can(%s, %s, %s)", [f"app.{table}", row, command])
    }
    explained = {
        person: sentence
        for (person,) in [*owner.execute("select id from app.users"), (None,)]
        for (sentence,) in dba.execute("select audit.explain(%s, %s, %s, %s)", [person, f"app.{table}", row, command])
        if sentence.startswith("allowed, ")
    }
    assert {person: f"allowed, {reason}" for person, reason in listed.items()} == explained
    assert None not in listed
    assert world.alice.id in listed or command != "select"


async def test_refusal_says_what_the_person_is_in_the_workspace(world: World, dba: Session) -> None:
    def said(who: str, command: str) -> str:
        row = world.live["tasks"]
        [(sentence,)] = dba.execute("select audit.explain(%s, 'app.tasks', %s, %s)", [world.person(who).id, row, command])
        return str(sentence)

    assert said("vic", "update") == (
        'refused, as app_user: new row violates row-level security policy "needs_editor" for table "tasks"; '
        "vic is viewer in its workspace; nor as app_trash"
    )
    assert said("fred", "select") == (
        "refused, as app_user: fred meets no such row: select_member does not let them, fence does not hold; "
        "fred is no member of its workspace; nor as app_trash"
    )
    assert said("erin", "update") == (
        "allowed, as app_user: erin is let by select_member, update_member and passes fence, fence_signed, needs_editor"
    )


async def test_explaining_leaves_nothing_behind(world: World, owner: Session, dba: Session) -> None:
    def everything() -> list[Any]:
        return [owner.execute(f"select to_jsonb(t) from app.{table} t order by id".encode()).fetchall() for table in TABLES]

    before, settings = everything(), ("app.current_user_id", "app.current_user_seal", "app.current_scope")
    for command in COMMANDS:
        dba.execute("begin")
        for table in TABLES:
            dba.execute("select audit.explain(%s, %s, %s, %s)", [world.alice.id, f"app.{table}", world.live[table], command])
        for setting in settings:
            assert dba.execute("select coalesce(current_setting(%s, true), '')", [setting]).fetchone() == ("",)
        # Nobody waits for a row that was only asked about.
        held = "select count(*) from pg_locks where pid = pg_backend_pid() and locktype in ('tuple', 'advisory')"
        assert dba.execute(held).fetchone() == (0,)
        dba.execute("commit")
    assert everything() == before


@pytest.mark.parametrize("role", [*REQUESTS, "app_viewer", "app_auditor", "app_auth", "app_api"])
async def test_nobody_calls_what_explaining_stands_on(owner: Session, role: str) -> None:
    """The two functions are app_auditor's; what makes seals, reads every row or acts as somebody is nobody's."""
    inside = """
        select p.oid::regprocedure::text from pg_proc p
        where prosecdef and proowner::regrole::text ~ '^app_(inspector|as_)'
          and has_function_privilege(%(role)s, p.oid, 'execute')
        union all
        select 'sealed' where has_function_privilege(%(role)s, 'seal.sealed(text, text)', 'execute')"""
    found = {name for (name,) in owner.execute(inside, {"role": role})}
    assert found == (
        {
            "audit.explain(uuid,text,uuid,text,text)",
            "audit.who_can(text,uuid,text,text)",
            "audit.look(uuid,text,integer)",
            "audit.looked()",
        }
        if role == "app_auditor"
        else set()
    )


async def test_roles_that_explaining_asks_are_those_that_a_request_becomes(owner: Session) -> None:
    becomes = "select roleid::regrole::text from pg_auth_members where member = 'app_api'::regrole"
    assert set(rows(owner, becomes)) == set(REQUESTS)
    members = "select member::regrole::text from pg_auth_members where roleid::regrole::text ~ '^app_(inspector|as_)'"
    assert [name for name in rows(owner, members) if name != "postgres"] == []
    for role in TRIED:
        has = f"select roleid::regrole::text from pg_auth_members where member = 'app_as_{role}'::regrole"
        assert rows(owner, has) == [f"app_{role}"]


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("'app.notes', '{note}', 'truncate'", "ask about select, insert, update or delete"),
        ("'auth.credentials', '{note}', 'select'", "permission denied for schema auth"),
        ("'audit.expected', '{note}', 'select'", "ask about a table of schema app"),
        ("'app.notes', '{workspace}', 'select'", "there is no such row in app.notes"),
        ("'app.notes', '{note}', 'select', 'app_owner'", "app_owner is no role that a request becomes"),
        ("'app.nothing', '{note}', 'select'", 'relation "app.nothing" does not exist'),
    ],
)
async def test_question_that_makes_no_sense_is_refused(world: World, dba: Session, question: str, said: str) -> None:
    text = question.format(note=world.live["notes"], workspace=world.workspace)
    for call in (f"audit.explain('{world.alice.id}', {text})", f"audit.who_can({text})"):
        with pytest.raises(psycopg.Error, match=said):
            dba.execute(f"select {call}".encode())
