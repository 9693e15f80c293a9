"""A second factor is its person's: no other transaction reaches it, and who has confirmed one starts no session without it."""

from collections.abc import Iterator
from typing import Any

import pytest

from db.seal import Identity
from db.transaction import address, person
from tests.isolation.mailbox import email
from tests.isolation.session import acting, bound, outcome
from tests.people import World
from tests.policies.catalog import Connection, rows
from tests.server import Database

INSERT = "insert into auth.factors (user_id, secret, kind) values ('{}', sha256('new'), 'recovery')"
START = "select count(*) from auth.start_session('x', sha256('t'), '')"
WITH = "select count(*) from auth.sign_in_with_code('x', sha256('t'), '', 'place', null, {}, sha256('anew'), {})"


@pytest.fixture(autouse=True)
def factors(world: World, owner: Connection) -> Iterator[None]:
    """Alice's and vic's secret, confirmed at step 5, and a recovery code each; nobody else's tests find them."""
    owner.execute("delete from auth.factors")
    for who in (world.alice, world.vic):
        owner.execute(
            "insert into auth.factors (user_id, secret, kind, confirmed, last_step) "
            "values (%s, sha256('s'), 'totp', true, 5), (%s, sha256('r'), 'recovery', false, 0)",
            [who.id, who.id],
        )
    yield
    owner.execute("delete from auth.factors")


def about(world: World, owner: Connection) -> list[Identity]:
    """Alice, signed in and signing in."""
    return [person(world.alice.id, "app_auth"), address(email(owner, world.alice.id))]


def states(owner: Connection, who: Any) -> list[Any]:
    return rows(owner, "select kind, confirmed, last_step from auth.factors where user_id = %s order by kind desc", who.id)


BEFORE = [("totp", True, 5), ("recovery", False, 0)]


async def test_owner_reaches_the_factors_of_one_person(world: World, database: Database, owner: Connection) -> None:
    """Blindly, as app_owner, whose functions these are."""
    for identity in about(world, owner):
        with bound(database.owner, identity._replace(role="app_owner")) as session:
            assert rows(session, "select distinct user_id from auth.factors") == [world.alice.id]
            assert outcome(session, "update auth.factors set created_at = now()") == 2
            assert outcome(session, f"update auth.factors set user_id = '{world.mallory.id}'") == "42501"
            assert outcome(session, INSERT.format(world.vic.id)) == "42501"
            assert outcome(session, INSERT.format(world.alice.id)) == 1
            assert outcome(session, "delete from auth.factors") == 3
    with bound(database.owner, Identity("app_owner", "auth.email", "nobody@example.com")) as session:
        assert outcome(session, "select from auth.factors") == 0


async def test_nobody_reads_or_writes_factors(world: World, database: Database, owner: Connection) -> None:
    """Where a grant is missing, and where only a policy is."""
    for identity in about(world, owner):
        with bound(database.auth, identity) as session:
            for statement in ("select from auth.factors", "update auth.factors set confirmed = false",
                              "delete from auth.factors", INSERT.format(world.alice.id)):  # fmt: skip
                assert outcome(session, statement) in {0, "42501"}


async def test_no_request_reads_factors_or_calls_for_them(world: World, database: Database, owner: Connection) -> None:
    with acting(database.api, world.alice.id) as session:
        for statement in ("select from auth.factors", "select auth.factor()", "select auth.enrol('x', 'x')"):
            assert outcome(session, statement) == "42501"
    with bound(database.auth, address(email(owner, world.alice.id))) as session:
        for statement in ("select from auth.factors", "select auth.use_factor(9, sha256('x'), null)",
                          "select auth.begin_session('x', sha256('t'), '')"):  # fmt: skip
            assert outcome(session, statement) == "42501"


async def test_secret_is_handed_out_for_one_person(world: World, database: Database, owner: Connection) -> None:
    owner.execute("update auth.factors set secret = sha256('vics') where user_id = %s and kind = 'totp'", [world.vic.id])
    for identity in about(world, owner):
        with bound(database.auth, identity) as session:
            found = rows(session, "select user_id, secret = sha256('s'), confirmed, last_step from auth.factor()")
            assert found == [(world.alice.id, True, True, 5)]
    with bound(database.auth, address("nobody@example.com")) as session:
        assert rows(session, "select count(*) from auth.factor()") == [0]


@pytest.mark.parametrize(
    ("step", "recovery", "started", "after"),
    [
        ("6", "null", 1, [("totp", True, 6), ("recovery", False, 0)]),
        ("5", "null", 0, BEFORE),
        ("4", "sha256('wrong')", 0, BEFORE),
        ("null", "null", 0, BEFORE),
        ("null", "sha256('s')", 0, BEFORE),
        ("null", "sha256('r')", 1, [("totp", True, 5)]),
        ("6", "sha256('r')", 1, [("totp", True, 6), ("recovery", False, 0)]),
    ],
)
async def test_session_takes_a_code_once(
    world: World, database: Database, owner: Connection, *, step: str, recovery: str, started: int, after: list[Any]
) -> None:
    with bound(database.auth, address(email(owner, world.alice.id))) as session:
        assert rows(session, START) == [0], "the password alone"
        assert rows(session, WITH.format(step, recovery)) == [started]
        assert rows(session, WITH.format(step, recovery if step == "null" else "null")) == [0], "the same again"
        session.execute("commit")
    assert states(owner, world.alice) == after
    assert states(owner, world.vic) == BEFORE
    made = "delete from app.sessions where owner_id = %s and id <> %s"  # the world's own stays
    owner.execute(made, [world.alice.id, world.live["sessions"]])


async def test_code_starts_no_session_of_a_disabled_account(world: World, database: Database, owner: Connection) -> None:
    owner.execute("update auth.credentials set disabled_at = now() where user_id = %s", [world.alice.id])
    try:
        with bound(database.auth, address(email(owner, world.alice.id))) as session:
            assert rows(session, WITH.format("6", "null")) == [0]
    finally:
        owner.execute("update auth.credentials set disabled_at = null")


async def test_factor_that_is_not_confirmed_asks_for_nothing(world: World, database: Database, owner: Connection) -> None:
    owner.execute("update auth.factors set confirmed = false where user_id = %s", [world.alice.id])
    with bound(database.auth, address(email(owner, world.alice.id))) as session:
        assert rows(session, START) == [1], "though vic has one"


async def test_guesses_are_taken_back_where_a_session_starts(world: World, database: Database, owner: Connection) -> None:
    counted = "select count(*) from auth.attempts where account = sha256(convert_to('address ' || %s, 'UTF8'))"
    there = email(owner, world.alice.id)
    for known, left in (("wrong", 1), ("x", 0)):
        owner.execute("delete from auth.attempts")
        with bound(database.auth, address(there)) as session:
            session.execute("select auth.attempt('place', null, 5, 5, 5, 5)")
            session.execute(WITH.format("6", "null").replace("'x'", f"'{known}'").encode())
            session.execute("commit")
        owner.execute("update auth.factors set last_step = 5 where kind = 'totp'")
        assert rows(owner, counted, there) == [left]
    made = "delete from app.sessions where owner_id = %s and id <> %s"  # the world's own stays
    owner.execute(made, [world.alice.id, world.live["sessions"]])


async def test_enrolling_takes_the_password_and_no_factor_before(world: World, database: Database, owner: Connection) -> None:
    call = "select auth.enrol('{}', sha256('{}'))"
    mine = person(world.alice.id, "app_auth")
    with bound(database.auth, mine) as session:
        for known in ("x", "wrong"):
            assert rows(session, call.format(known, "new")) == [False], "one is confirmed"
        session.execute("commit")
    assert states(owner, world.alice) == BEFORE, "and stays"
    owner.execute("delete from auth.factors where user_id = %s", [world.alice.id])
    owner.execute("update auth.factors set confirmed = false where user_id = %s and kind = 'totp'", [world.vic.id])
    with bound(database.auth, mine) as session:
        assert rows(session, call.format("wrong", "new")) == [False]
        assert rows(session, call.format("x", "new")) == [True]
        assert rows(session, call.format("x", "newer")) == [True], "not confirmed yet: it is replaced"
        assert rows(session, "select secret = sha256('newer'), confirmed from auth.factor()") == [(True, False)]
        session.execute("commit")
    owner.execute("insert into auth.factors (user_id, secret, kind) values (%s, sha256('r'), 'recovery')", [world.alice.id])
    with bound(database.auth, mine) as session:
        assert rows(session, call.format("x", "new")) == [False]
        session.execute("commit")
    assert len(states(owner, world.alice)) == 1 and len(states(owner, world.vic)) == 2


async def test_confirming_is_done_once_for_oneself(world: World, database: Database, owner: Connection) -> None:
    call = "select auth.confirm_factor(7, array[sha256('a'), sha256('b')])"
    with bound(database.auth, person(world.alice.id, "app_auth")) as session:
        assert rows(session, call) == [False], "it is confirmed"
    owner.execute("delete from auth.factors where kind = 'recovery'")
    with bound(database.auth, person(world.alice.id, "app_auth")) as session:
        assert rows(session, call) == [False]
    owner.execute("update auth.factors set confirmed = false")
    with bound(database.auth, person(world.alice.id, "app_auth")) as session:
        assert rows(session, call) == [True]
        assert rows(session, call) == [False]
        session.execute("commit")
    assert states(owner, world.alice) == [("totp", True, 7), ("recovery", False, 0), ("recovery", False, 0)]
    assert states(owner, world.vic) == [("totp", False, 5)]
    owner.execute("delete from auth.factors where kind = 'totp'")
    with bound(database.auth, person(world.alice.id, "app_auth")) as session:
        assert rows(session, call) == [False], "a recovery code is none"


@pytest.mark.parametrize(
    ("password", "step", "dropped"), [("x", 6, True), ("wrong", 6, False), ("x", 5, False)]
)  # fmt: skip
async def test_dropping_takes_password_and_code(
    world: World, database: Database, owner: Connection, *, password: str, step: int, dropped: bool
) -> None:
    with bound(database.auth, person(world.alice.id, "app_auth")) as session:
        call = "select auth.drop_factor(%s, %s, sha256('anew'), null)"
        assert rows(session, call, password, step) == [dropped]
        session.execute("commit")
    assert states(owner, world.alice) == ([] if dropped else BEFORE)
    owner.execute("update auth.credentials set password_hash = 'vics' where user_id = %s", [world.vic.id])
    try:
        with bound(database.auth, person(world.alice.id, "app_auth")) as session:
            assert rows(session, call, "vics", 7) == [False], "another's password"
    finally:
        owner.execute("update auth.credentials set password_hash = 'x' where user_id = %s", [world.vic.id])
    assert states(owner, world.vic) == BEFORE
