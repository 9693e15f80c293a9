"""Whoever acts on what another is just changing waits for them, and then sees it: a race for each lock of a function."""

import asyncio
from collections.abc import Callable
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
import pytest

from db.models import metadata
from db.transaction import address, person, session
from tests.faults.settled import until
from tests.isolation.attacks import granted
from tests.isolation.conftest import Hire, Hold, only_owner
from tests.isolation.session import acting, bound, outcome
from tests.people import Person, World, shared
from tests.policies.catalog import Connection, rows
from tests.samples import MODELS, literal, sample
from tests.server import Database

T = TypeVar("T")
Founder = tuple[Person, str]
WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
PARENTS = [(name, parent) for name, model in MODELS.items() for parent in model.__parents__.values()]
ERASE = "select auth.erase('x')"


async def after(owner: Connection, first: Connection, second: Callable[[], T]) -> T:
    """What comes of the second, who begins before the first commits, whether they wait for it or not."""
    answer = asyncio.create_task(asyncio.to_thread(second))
    await until(lambda: answer.done() or rows(owner, WAITING) == [1])
    first.execute("commit")
    return await answer


def acts(database: Database, who: UUID, statement: str, role: str = "app_user") -> str | int:
    """One statement of a person's, which stays."""
    with acting(database.api, who, role, commit=True) as connection:
        return outcome(connection, statement)


def erases(database: Database, who: UUID) -> Any:
    """A person goes: true, false for a wrong password, or what refused it."""
    with bound(database.auth, person(who, "app_auth"), commit=True) as connection:
        connection.execute("set local lock_timeout = '20s'")
        try:
            return rows(connection, ERASE)[0]
        except psycopg.Error as error:
            connection.execute("rollback")
            return error.sqlstate


@pytest.mark.parametrize(
    "statement",
    [
        "update app.memberships set role = 'editor' where id = '{viewer}'",
        "insert into app.invitations (workspace_id, role, token_hash) values ('{workspace}', 'viewer', sha256('x'))",
    ],
    ids=["promotes", "invites"],
)
async def test_role_that_is_being_taken_away_is_none(
    founder: Founder, hire: Hire, database: Database, owner: Connection, statement: str
) -> None:
    (admin, theirs), (_, viewer) = await hire("admin"), await hire("viewer")
    written = statement.format(viewer=viewer, workspace=founder[1])
    with acting(database.api, admin.id) as allowed:
        assert outcome(allowed, written) == 1
    with acting(database.api, founder[0].id) as first:
        assert outcome(first, f"update app.memberships set role = 'editor' where id = '{theirs}'") == 1
        assert await after(owner, first, lambda: acts(database, admin.id, written)) == "42501"


async def test_owner_who_is_erased_and_one_who_leaves_take_turns(
    founder: Founder, hire: Hire, database: Database, owner: Connection
) -> None:
    other, theirs = await hire("owner")
    leave = f"delete from app.memberships where id = '{theirs}'"
    with bound(database.auth, person(founder[0].id, "app_auth")) as first:
        assert rows(first, ERASE) == [True]
        assert await after(owner, first, lambda: acts(database, other.id, leave)) == "23001"


async def test_workspace_that_goes_with_its_last_person_sees_who_just_joined(
    founder: Founder, hire: Hire, database: Database, owner: Connection
) -> None:
    joined, membership = await hire("viewer")
    assert await only_owner(founder) != membership
    owner.execute("delete from app.memberships where id = %s", [membership])
    with psycopg.connect(database.owner) as first:
        join = "insert into app.memberships (workspace_id, user_id, role) values (%s, %s, 'viewer')"
        first.execute(join, [founder[1], joined.id])
        assert await after(owner, first, lambda: erases(database, founder[0].id)) == "23001"


async def test_workspace_that_goes_waits_for_no_other(world: World, founder: Founder, database: Database) -> None:
    with psycopg.connect(database.owner) as first:
        first.execute("select from app.workspaces where id = %s for update", [world.workspace])
        assert await asyncio.to_thread(erases, database, founder[0].id) is True


async def test_password_that_is_being_changed_erases_nobody(founder: Founder, database: Database, owner: Connection) -> None:
    with psycopg.connect(database.owner) as first:
        first.execute("update auth.credentials set password_hash = 'new' where user_id = %s", [founder[0].id])
        assert await after(owner, first, lambda: erases(database, founder[0].id)) is False


async def test_session_that_is_being_ended_is_not_renewed(founder: Founder, database: Database, owner: Connection) -> None:
    mine, made = uuid4(), sha256(uuid4().bytes).digest()
    owner.execute("insert into app.sessions (id, owner_id, expires_at) values (%s, %s, 'infinity')", [mine, founder[0].id])
    token = "insert into auth.refresh_tokens (owner_id, session_id, token_hash) values (%s, %s, %s)"
    owner.execute(token, [founder[0].id, mine, made])

    def renewed() -> list[Any]:
        with bound(database.auth, session(mine)) as connection:
            return rows(connection, "select user_id from auth.refresh(%s, sha256('next'))", made)

    assert await asyncio.to_thread(renewed) == [founder[0].id]
    with psycopg.connect(database.owner) as first:
        first.execute("delete from app.sessions where id = %s", [mine])
        assert await after(owner, first, renewed) == []


async def test_offer_that_is_being_accepted_is_gone(hold: Hold, hire: Hire, database: Database, owner: Connection) -> None:
    offer, (early, _), (late, _) = await hold("offered"), await hire("viewer"), await hire("viewer")
    accept = f"select app.accept_shared_notes('{offer.share}', '{offer.token.partition('.')[2]}')"
    with acting(database.api, early.id) as first:
        assert outcome(first, accept) == 1
        assert await after(owner, first, lambda: acts(database, late.id, accept)) == "P0002"


@pytest.mark.parametrize(
    "change",
    [
        "delete from app.note_shares",
        "update app.note_shares set role = 'reader'",
        "update app.note_shares set expires_at = now()",
    ],
    ids=["deleted", "narrowed", "ended"],
)
async def test_share_that_is_being_taken_back_writes_nothing(
    author: Founder, hold: Hold, database: Database, owner: Connection, change: str
) -> None:
    """Whatever else they write, and whoever else writes the same."""
    holder, _ = await hold("writer"), await hold("writer")
    other = (await author[0].made("/v1/notes", title="another"))["id"]
    await shared(holder.who, author[0], f"/v1/notes/{other}/shares", role="writer")
    write = f"update app.notes set title = 'late' where id = '{author[1]}'"
    with acting(database.api, holder.who.id, "app_guest") as allowed:
        assert outcome(allowed, write) == 1
    with psycopg.connect(database.owner) as first:
        first.execute(f"{change} where id = %s".encode(), [holder.share])
        assert await after(owner, first, lambda: acts(database, holder.who.id, write, "app_guest")) == "42501"


async def test_mail_that_is_being_sent_is_nobody_elses(database: Database, owner: Connection) -> None:
    owner.execute("delete from auth.mails")
    owner.execute("insert into auth.mails (id, kind, address, due_at) values (%s, 'known', 'a@x.org', now())", [uuid4()])

    def claimed(connection: Connection) -> int:
        return len(rows(connection, "select id from auth.claim_mails()"))

    def late() -> int:
        with psycopg.connect(database.auth) as connection:
            return claimed(connection)

    with psycopg.connect(database.auth) as first:
        assert claimed(first) == 1
        assert await after(owner, first, late) == 0


async def test_guess_waits_for_no_old_count(database: Database, owner: Connection) -> None:
    owner.execute("delete from auth.attempts")
    owner.execute("insert into auth.attempts (bucket, expires_at) values (sha256('old'), now() - interval '1 hour')")
    with psycopg.connect(database.owner) as first, bound(database.auth, address("a@x.org")) as second:
        first.execute("select from auth.attempts for update")
        second.execute("set local lock_timeout = '10s'")
        guess = "select wait from auth.attempt(sha256('here'), null, 5, 5, 1, 9)"
        assert await asyncio.to_thread(rows, second, guess) == [0]


@pytest.mark.parametrize(("child", "parent"), PARENTS)
async def test_parent_that_is_being_binned_takes_no_child(
    world: World, database: Database, owner: Connection, child: str, parent: str
) -> None:
    insertable = granted(metadata.tables[f"app.{child}"], "app_user", "INSERT") or ()
    values = ", ".join(literal(sample(MODELS[child], name, world.live)) for name in insertable)
    insert = f"insert into app.{child} ({', '.join(insertable)}) values ({values})"
    alone = "set session_replication_role = replica"  # no trigger takes the parent's rows along
    with acting(database.api, world.alice.id) as allowed:
        assert outcome(allowed, insert) == 1, "while it is live"
    with psycopg.connect(database.owner) as first:
        first.execute(alone)
        first.execute(f"update app.{parent} set deleted_at = now() where id = %s".encode(), [world.live[parent]])
        try:
            assert await after(owner, first, lambda: acts(database, world.alice.id, insert)) == "23503"
        finally:
            first.execute(f"update app.{parent} set deleted_at = null where id = %s".encode(), [world.live[parent]])
            first.execute("commit")
