"""Looks: a DBA sees what one person sees, never without a committed look of their own, and never more than an hour."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from db.models import metadata
from tests.isolation.attacks import TABLES
from tests.isolation.session import acting, outcome
from tests.people import World, person
from tests.samples import ISOLATED, MODELS
from tests.server import Database

Session = psycopg.Connection[Any]
REFUSED = "28000"


@pytest.fixture
def dba(database: Database) -> Iterator[Session]:
    """A session whose login has what DBAs have, and looks at nobody yet."""
    with psycopg.connect(database.owner, autocommit=True) as session:
        session.execute("set session_replication_role = replica")  # past the trigger
        session.execute("delete from app.looks where who = 'app_auditor'")
        session.execute("reset session_replication_role")
        session.execute("set session authorization app_auditor")
        yield session


def look(session: Session, whom: UUID, reason: str | None = "ticket 12", minutes: int | None = 5) -> None:
    """As a DBA types it."""
    session.execute("call audit.become(%s, %s, %s)", [whom, reason, minutes])


def ids(session: Session, table: str) -> set[UUID]:
    """Whatever rows there are for whoever asks."""
    return {row[0] for row in session.execute(f"select id from app.{table}".encode())}


@contextmanager
def pretending(session: Session, whom: object) -> Iterator[None]:
    """A transaction with the role and the setting, as anybody may write them who may become the role."""
    session.execute("begin")
    session.execute("set local role app_viewer")
    session.execute("select set_config('app.current_user_id', %s, true)", [str(whom)])
    yield
    session.execute("rollback")


async def test_look_vouches_for_no_setting_of_sign_in(world: World, owner: Session, dba: Session) -> None:
    look(dba, world.alice.id)
    owner.execute("grant usage on schema seal to app_viewer")
    try:
        with pretending(dba, world.alice.id):
            dba.execute("select set_config('auth.email', %s, true)", [str(world.alice.id)])
            assert outcome(dba, "select seal.verified('app.current_user_id')") == 1
            assert outcome(dba, "select seal.verified('auth.email')") == REFUSED
    finally:
        owner.execute("revoke usage on schema seal from app_viewer")


@pytest.mark.parametrize("table", TABLES)
async def test_look_shows_what_the_person_sees_and_not_a_row_more(
    world: World, database: Database, dba: Session, table: str
) -> None:
    for who in (world.alice, world.vic, world.mallory):
        look(dba, who.id)
        with acting(database.api, who.id) as person:
            seen = ids(person, table)
        assert ids(dba, table) == seen
        assert world.live[table] in seen or who != world.alice
        dba.execute("reset role")


@pytest.mark.parametrize("whom", ["alice", "mallory", "nobody"])
async def test_look_at_one_person_is_none_at_another(world: World, dba: Session, whom: str) -> None:
    look(dba, world.vic.id)
    other = uuid4() if whom == "nobody" else world.person(whom).id
    dba.execute("select set_config('app.current_user_id', %s, false)", [str(other)])
    assert [outcome_of(dba, table) for table in ISOLATED] == [REFUSED] * len(ISOLATED)
    dba.execute("select set_config('app.current_user_id', %s, false)", [str(world.vic.id)])
    assert outcome_of(dba, "users") not in {REFUSED, 0}


def outcome_of(session: Session, table: str) -> str | int:
    """Of reading all there is, in a transaction of its own."""
    with session.transaction(force_rollback=True):
        return outcome(session, f"select id from app.{table}")


@pytest.mark.parametrize("table", ISOLATED)
async def test_setting_without_a_look_shows_nothing(world: World, dba: Session, table: str) -> None:
    with pretending(dba, world.alice.id):
        assert outcome(dba, f"select from app.{table} where id = '{world.live[table]}'") == REFUSED
    with pretending(dba, ""):
        assert outcome(dba, f"select from app.{table}") == 0


async def test_look_that_nobody_committed_shows_nothing(world: World, dba: Session) -> None:
    """Or it could be taken back once everything was seen."""
    before = ids_of_looks(dba)
    with pretending(dba, world.alice.id):
        dba.execute("set local role app_auditor")
        dba.execute("savepoint one")
        dba.execute("select audit.look(%s, 'none', 5)", [world.alice.id])
        dba.execute("release savepoint one")
        dba.execute("set local role app_viewer")
        assert outcome(dba, "select from app.notes") == REFUSED
    with pytest.raises(psycopg.errors.InvalidTransactionTermination), dba.transaction():
        look(dba, world.alice.id)
    assert ids_of_looks(dba) == before
    look(dba, world.alice.id)
    assert world.live["notes"] in ids(dba, "notes")


def ids_of_looks(dba: Session) -> list[Any]:
    """Every look, as a DBA reads them."""
    return dba.execute('select who, whom, why, "when", until from audit.looks').fetchall()


async def test_look_that_is_over_shows_nothing(world: World, dba: Session, owner: Session) -> None:
    written = """
        insert into app.looks (who, whom, why, created_at, until)
        values ('app_auditor', %s, 'x', clock_timestamp() - interval '20 minutes', clock_timestamp() + %s::interval)"""
    for left, expected in (("-1 microsecond", REFUSED), ("30 minutes", 1)):
        owner.execute(written, [world.adam.id, left])
        with pretending(dba, world.adam.id):
            assert outcome(dba, f"select from app.users where id = '{world.adam.id}'") == expected


async def test_look_of_one_login_is_none_of_another(world: World, dba: Session, owner: Session) -> None:
    look(dba, world.erin.id)
    assert world.erin.id in ids(dba, "users")
    with pretending(owner, world.erin.id):  # even a superuser: as this role they are nobody
        assert outcome(owner, "select from app.users") == REFUSED


@pytest.mark.parametrize("table", TABLES)
async def test_viewer_changes_nothing(world: World, dba: Session, table: str) -> None:
    look(dba, world.alice.id)
    dba.execute("begin")
    for column in metadata.tables[f"app.{table}"].c:
        assert outcome(dba, f"update app.{table} set {column.name} = {column.name}") == "42501"
        assert outcome(dba, f"insert into app.{table} ({column.name}) values (null)") == "42501"
    for command in ("delete from app.{0}", "truncate app.{0}", "select from app.{0} for update", "lock table app.{0}"):
        assert outcome(dba, command.format(table)) == "42501"
    dba.execute("rollback")


@pytest.mark.parametrize("minutes", [0, 61, -1, None])
async def test_look_lasts_no_longer_than_an_hour(world: World, dba: Session, minutes: int | None) -> None:
    before = ids_of_looks(dba)
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="from 1 to 60 minutes"):
        look(dba, world.alice.id, minutes=minutes)
    assert dba.execute("select current_user").fetchone() == ("app_auditor",)
    assert ids_of_looks(dba) == before


@pytest.mark.parametrize("reason", ["", "  \t\n", None])
async def test_look_has_a_reason(world: World, dba: Session, reason: str | None) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="say why"):
        look(dba, world.alice.id, reason)


async def test_look_is_at_somebody(dba: Session) -> None:
    with pytest.raises(psycopg.errors.NoDataFound, match="no such person"):
        look(dba, uuid4())


@pytest.mark.parametrize("role", ["app_user", "app_trash", "none"])
@pytest.mark.parametrize(
    "step",
    [
        "set role app_viewer",
        "select set_config('role', 'app_viewer', true)",
        "call audit.become('{alice}', 'mine', 5)",
        "select audit.look('{alice}', 'mine', 5)",
        "select audit.looking('{alice}')",
        "select * from audit.looked()",
        "select * from audit.looks",
        "insert into app.looks (who, whom, why, until) values ('app_api', '{alice}', 'mine', now() + interval '1 minute')",
    ],
)
async def test_no_request_looks(world: World, database: Database, role: str, step: str) -> None:
    with acting(database.api, world.mallory.id) as session:
        session.execute(f"set local role {role}".encode())
        assert outcome(session, step.format(alice=world.alice.id)) == "42501"


@pytest.mark.parametrize("role", ["postgres", "app_owner", "app_inspector", "app_auditor", "app_user"])
@pytest.mark.parametrize("change", ["update app.looks set why = 'nothing'", "delete from app.looks", "truncate app.looks"])
async def test_nobody_changes_what_was_written(
    world: World, database: Database, owner: Session, role: str, change: str
) -> None:
    with psycopg.connect(database.owner, autocommit=True) as session:
        session.execute("begin")
        session.execute(f"set local role {role}".encode() if role != "postgres" else b"select 1")
        assert outcome(session, change) == "42501"
    assert world.live["looks"] in ids(owner, "looks")


async def test_person_sees_who_looked_and_why_and_nobody_else_does(world: World, dba: Session, owner: Session) -> None:
    bob = person("bob", world.alice.client, owner)
    for reason in ("ticket 12", "  ticket 13 "):
        look(dba, bob.id, reason)
        dba.execute("reset role")
    page = (await bob.call("GET", "/v1/me/looks?limit=1")).json()
    [newest] = page["items"]
    assert (newest["who"], newest["why"], newest["whom"]) == ("app_auditor", "ticket 13", str(bob.id))
    assert newest["created_at"] < newest["until"]
    older = (await bob.call("GET", f"/v1/me/looks?limit=1&cursor={page['next']}")).json()
    assert [each["why"] for each in older["items"]] == ["ticket 12"]
    assert (await bob.call("GET", f"/v1/me/looks/{newest['id']}")).status_code == 200
    assert (await world.mallory.call("GET", f"/v1/me/looks/{newest['id']}")).status_code == 404
    assert newest["id"] not in str((await world.mallory.call("GET", "/v1/me/looks")).json())
    assert [row[2] for row in ids_of_looks(dba) if row[1] == bob.id] == ["ticket 12", "ticket 13"]


async def test_policies_show_a_viewer_what_they_show_the_person(owner: Session) -> None:
    """Each policy by which a person reads, and each column, but for those that no answer shows."""
    left_out = """
        select polname, polrelid::regclass from pg_policy
        where 'app_user'::regrole = any (polroles) and polcmd in ('r', '*') and (polqual is not null)
          and not 'app_viewer'::regrole = any (polroles)"""
    assert owner.execute(left_out).fetchall() == []
    columns = """
        select attrelid::regclass::text || '.' || attname from pg_attribute join pg_class c on c.oid = attrelid
        where relnamespace = 'app'::regnamespace and relkind = 'r' and attnum > 0 and not attisdropped
          and has_column_privilege('app_user', attrelid, attnum, 'select')
          and not has_column_privilege('app_viewer', attrelid, attnum, 'select')"""
    hidden = {f"app.{name}.{column}" for name, model in MODELS.items() for column in model.__hidden__}
    assert {column for (column,) in owner.execute(columns)} == hidden
