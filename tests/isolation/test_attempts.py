"""Guesses are counted by account and network: a transaction reaches the counts of its own account, and waits when it must."""

import threading
from hashlib import sha256
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from db.seal import Identity
from db.transaction import address, person
from tests.faults.settled import until
from tests.isolation.session import acting, bind, bound, outcome
from tests.people import World
from tests.policies.catalog import Connection, rows
from tests.server import Database

HERE, THERE, NETWORK = (sha256(name).digest() for name in (b"here", b"there", b"network"))
FIRST, MOST = 100, 100_000
WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
COLUMNS = "insert into auth.attempts (bucket, account, expires_at) values ('\\x{}', {}, now() + interval '1 hour')"


@pytest.fixture(autouse=True)
def forgotten(owner: Connection) -> None:
    """Nobody has guessed yet."""
    owner.execute("delete from auth.attempts")


def somebody() -> Identity:
    """An address that nobody has guessed at; as much as one that has an account."""
    return address(f"{uuid4().hex}@example.com")


def seconds(session: Connection, place: bytes = HERE, network: bytes | None = NETWORK, free: int = 2, wide: int = 99) -> Any:
    """How long a guess has to wait, and the hash to judge it by."""
    call = "select wait, password_hash from auth.attempt(%s, %s, %s, %s, %s, %s)"
    return rows(session, call, place, network, free, wide, FIRST, MOST)[0]


def guess(session: Connection, place: bytes = HERE, network: bytes | None = NETWORK, free: int = 2, wide: int = 99) -> bool:
    """Whether a guess is judged."""
    return bool(seconds(session, place, network, free, wide)[0] == 0)


def account(identity: Identity) -> str:
    """As it is stored."""
    return sha256(f"address {identity.value}".encode()).hexdigest()


async def test_owner_reaches_counts_of_its_account_and_of_networks_alone(database: Database, owner: Connection) -> None:
    """Blindly, as app_owner, whose functions these are."""
    mine, other = somebody(), somebody()
    for number, whose in enumerate((f"'\\x{account(mine)}'", f"'\\x{account(other)}'", "null")):
        owner.execute(COLUMNS.format(f"{number:064x}", whose).encode())
    with bound(database.owner, mine._replace(role="app_owner")) as session:
        assert outcome(session, "select from auth.attempts") == 2
        assert outcome(session, "update auth.attempts set failures = 7") == 2
        assert outcome(session, f"update auth.attempts set account = '\\x{account(other)}'") == "42501"
        assert outcome(session, COLUMNS.format(f"{8:064x}", f"'\\x{account(other)}'")) == "42501"
        assert outcome(session, COLUMNS.format(f"{8:064x}", f"'\\x{account(mine)}'")) == 1
        assert outcome(session, COLUMNS.format(f"{9:064x}", "null")) == 1
        assert outcome(session, "delete from auth.attempts") == 2, "its own; a network's are forgotten by time"
    owner.execute("update auth.attempts set expires_at = now() - interval '1 minute'")
    with bound(database.owner, mine._replace(role="app_owner")) as session:
        assert outcome(session, "select from auth.attempts") == 3
        assert outcome(session, "select from auth.attempts for update") == 3
        assert outcome(session, "update auth.attempts set failures = 7") == "42501", "of another account"
        assert outcome(session, "delete from auth.attempts") == 3


async def test_nobody_reads_or_writes_counts(database: Database) -> None:
    with bound(database.auth, somebody()) as session:
        assert guess(session)
        mine = rows(session, "select encode(auth.current_account(), 'hex')")[0]
        # Where a grant is missing, and where only a policy is.
        for statement in ("select from auth.attempts", "update auth.attempts set failures = 1", "delete from auth.attempts",
                          COLUMNS.format(f"{1:064x}", f"'\\x{mine}'")):  # fmt: skip
            assert outcome(session, statement) in {0, "42501"}


async def test_no_request_counts_or_forgets(world: World, database: Database) -> None:
    with bound(database.auth, somebody()) as session:
        assert outcome(session, "select from auth.attempts") == "42501"
    with acting(database.api, world.alice.id) as session:
        for statement in ("select from auth.attempts", "select auth.passed('x', 'x')"):
            assert outcome(session, statement) == "42501"


async def test_guesses_beyond_the_free_ones_wait_twice_as_long_each(database: Database) -> None:
    mine = somebody()
    with bound(database.auth, mine) as session:
        assert guess(session) and guess(session)
        assert seconds(session) in {(FIRST, None), (FIRST - 1, None)}, "no hash"
        assert 0 < seconds(session)[0] <= FIRST, "what is refused does not count"
        assert guess(session, THERE), "another place"
        bind(session, somebody())
        assert guess(session), "another account"
    for failures, wait in ((3, 2 * FIRST), (6, 16 * FIRST), (11, 512 * FIRST), (12, MOST), (4000, MOST)):
        mine = somebody()
        with bound(database.auth, mine) as session, bound(database.owner, mine._replace(role="app_owner")) as counts:
            assert guess(session)
            session.execute("commit")
            later = "update auth.attempts set failures = %s, last_at = clock_timestamp() where bucket <> account"
            counts.execute(later, [failures])
            counts.execute("commit")
            session.execute("begin")
            bind(session, mine)
            assert wait - FIRST / 2 < seconds(session)[0] <= wait
            session.execute("rollback")


async def test_known_person_waits_like_nobody(world: World, database: Database, owner: Connection) -> None:
    """With an account, without one, and signed in: all but the hash is the same."""
    known: str = rows(owner, "select email from auth.credentials where user_id = %s", world.alice.id)[0]
    for who, stored in ((address(known), "x"), (somebody(), None), (person(world.alice.id, "app_auth"), "x")):
        with bound(database.auth, who) as session:
            assert [seconds(session) for _ in range(2)] == [(0, stored)] * 2
            wait, nothing = seconds(session)
            assert 0 < wait <= FIRST and nothing is None


async def test_guesses_from_everywhere_leave_each_place_one_and_no_known_device_fewer(database: Database) -> None:
    with bound(database.auth, somebody()) as session:
        for number in range(8):
            assert guess(session, sha256(bytes([number])).digest(), sha256(bytes([99, number])).digest())
        assert [guess(session) for _ in range(2)] == [True, False], "the right password from a fresh network still passes"
        assert [guess(session, THERE, None) for _ in range(3)] == [True, True, False]
    with bound(database.auth, somebody()) as session:
        devices = [guess(session, sha256(bytes([number])).digest(), None) for number in range(20)]
        assert devices == [True] * 20
        assert [guess(session) for _ in range(3)] == [True, True, False], "devices do not count for strangers"


async def test_network_waits_after_guesses_at_many_accounts(database: Database) -> None:
    with bound(database.auth, somebody()) as session:
        for _ in range(3):
            assert guess(session, wide=3)
            bind(session, somebody())
        assert not guess(session, wide=3)
        assert guess(session, wide=3, network=THERE), "another network"
        assert guess(session, wide=3, network=None), "a known device"


async def test_right_password_takes_its_own_guesses_back(database: Database) -> None:
    with bound(database.auth, somebody()) as session:
        for number in range(5):
            guess(session, sha256(bytes([number])).digest())
        assert [guess(session) for _ in range(2)] == [True, True]
        session.execute("select auth.passed(%s, %s)", [HERE, NETWORK])
        assert [guess(session) for _ in range(3)] == [True, True, False], "of seven from everywhere, one is taken back"
        assert not guess(session, THERE, wide=8), "of seven of the network too"
        assert guess(session, THERE, wide=9)
    with bound(database.auth, somebody()) as session:
        for number in range(8):
            guess(session, sha256(bytes([number])).digest())
        for _ in range(2):
            assert guess(session, THERE, None)
            session.execute("select auth.passed(%s, null)", [THERE])
        assert [guess(session) for _ in range(2)] == [True, False], "a device counts for itself, and takes back no stranger's"


async def test_sign_in_takes_guesses_back_where_it_starts_a_session(
    world: World, database: Database, owner: Connection
) -> None:
    email: str = rows(owner, "select email from auth.credentials where user_id = %s", world.alice.id)[0]
    for known, judged in (("not it", False), ("x", True)):
        with bound(database.auth, address(email)) as session:
            assert guess(session) and guess(session)
            call = "select user_id from auth.sign_in(%s, sha256('token'), 'device', %s, %s)"
            assert rows(session, call, known, HERE, NETWORK) == [world.alice.id] * judged
            assert guess(session) == judged


async def test_guess_waits_for_no_count_that_somebody_else_holds(database: Database, owner: Connection) -> None:
    owner.execute(COLUMNS.format(f"{1:064x}", "null").replace("now() +", "now() -").encode())
    with bound(database.auth, somebody()) as session, owner.transaction():
        owner.execute("select from auth.attempts for update")
        session.execute("set local lock_timeout = '1s'")
        assert guess(session)


async def test_forgotten_counts_count_no_more_and_go_a_few_at_a_time(own_database: Database) -> None:
    mine = somebody()
    # In a database of its own: what other tests guessed is forgotten here too.
    with psycopg.connect(own_database.owner, autocommit=True) as owner, bound(own_database.auth, mine) as session:
        assert [guess(session) for _ in range(3)] == [True, True, False]
        session.execute("commit")
        owner.execute("update auth.attempts set expires_at = now() - interval '1 minute', failures = 1000")
        for number in range(25):
            owner.execute(COLUMNS.format(f"{number:064x}", "null").replace("now() +", "now() -").encode())
        session.execute("begin")
        bind(session, mine)
        assert [guess(session, wide=2) for _ in range(3)] == [True, True, False]
        session.execute("commit")
        assert rows(owner, "select count(*) from auth.attempts where expires_at < now()") == [7]


async def test_guesses_at_once_are_counted_one_by_one(database: Database, owner: Connection) -> None:
    mine = somebody()
    judged: list[bool] = []

    def late() -> None:
        with bound(database.auth, mine) as session:
            judged.append(guess(session, free=1))

    with bound(database.auth, mine) as first:
        assert guess(first, free=1)
        second = threading.Thread(target=late)
        second.start()
        await until(lambda: bool(judged) or rows(owner, WAITING) == [1])
        first.execute("commit")
        second.join(60)
    assert judged == [False]
