"""What a network does is counted for it alone: wrong keys and mails make it wait, a key that is right waits for nobody."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest

from db.transaction import address, key
from tests.isolation.session import acting, bind, bound, outcome
from tests.people import World
from tests.policies.catalog import Connection, rows
from tests.server import Database

NETWORK, OTHER = (sha256(name).digest() for name in (b"network", b"other"))
FREE, FIRST, MOST = 2, 100, 100_000
SECRET = sha256(b"secret").digest()
CALLS = {
    "any": "select auth.network_attempt(%s, %s, %s, %s)",
    "keys": f"select wait from auth.try_key('\\x{'00' * 32}', %s, %s, %s, %s)",
}


@pytest.fixture(autouse=True)
def forgotten(owner: Connection) -> None:
    """Nobody has tried yet."""
    owner.execute("delete from auth.attempts")


@pytest.fixture
def known(owner: Connection, world: World) -> Iterator[UUID]:
    """A key of alice's."""
    made = "insert into app.keys (owner_id, name, secret_hash, expires_at) values (%s, 'k', %s, now() + interval '1 day')"
    (id,) = rows(owner, f"{made} returning id", world.alice.id, SECRET)
    yield id
    owner.execute("delete from app.keys where id = %s", [id])


def wait(session: Connection, call: str, network: bytes = NETWORK) -> Any:
    """Seconds that the network has to wait."""
    return rows(session, call, network, FREE, FIRST, MOST)[0]


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_network_waits_after_the_free_attempts_and_no_other_does(database: Database, call: str) -> None:
    with bound(database.auth, key(uuid4())) as session:
        assert [wait(session, call) for _ in range(FREE)] == [0] * FREE
        assert 0 < wait(session, call) <= FIRST
        assert 0 < wait(session, call) <= FIRST, "what is refused does not count"
        assert wait(session, call, OTHER) == 0
        bind(session, address("somebody@example.com"))
        assert 0 < wait(session, CALLS["any"]) <= FIRST, "whoever it is about"


async def test_network_that_waited_tries_once_and_waits_longer(database: Database, owner: Connection) -> None:
    with bound(database.auth, key(uuid4()), commit=True) as session:
        for _ in range(FREE):
            wait(session, CALLS["any"])
    owner.execute("update auth.attempts set last_at = last_at - make_interval(secs => %s)", [FIRST])
    with bound(database.auth, key(uuid4())) as session:
        assert wait(session, CALLS["any"]) == 0
        assert FIRST < wait(session, CALLS["any"]) <= 2 * FIRST


async def test_attempts_of_long_ago_count_no_more(database: Database, owner: Connection) -> None:
    with bound(database.auth, key(uuid4()), commit=True) as session:
        for _ in range(FREE):
            wait(session, CALLS["any"])
    (left,) = rows(owner, "select expires_at - now() from auth.attempts")
    assert left > timedelta(hours=1, seconds=MOST - 600), "not before the longest wait is over"
    owner.execute("update auth.attempts set expires_at = now() - interval '1 second'")
    with bound(database.auth, key(uuid4())) as session:
        assert [wait(session, CALLS["any"]) for _ in range(FREE)] == [0] * FREE
        assert wait(session, CALLS["any"]) > 0


async def test_key_that_is_right_waits_for_nobody_and_counts_for_nobody(database: Database, world: World, known: UUID) -> None:
    right = f"select user_id, scope, wait from auth.try_key('\\x{SECRET.hex()}', %s, 0, %s, %s)"
    with bound(database.auth, key(known)) as session:
        wait(session, CALLS["any"])
        for _ in range(3):
            assert rows(session, right, NETWORK, FIRST, MOST) == [(world.alice.id, "", 0)]
        assert rows(session, "select 1 from auth.network_attempt(%s, 2, 1, 1) w where w = 0", NETWORK) == [1], "counted once"
        bind(session, key(uuid4()))
        assert rows(session, right, NETWORK, FIRST, MOST)[0][:2] == (None, None), "its secret with another key's id"


async def test_no_request_counts_for_a_network(database: Database, world: World) -> None:
    with acting(database.api, world.alice.id) as session:
        for statement in ("select auth.network_attempt('x', 1, 1, 1)", "select auth.try_key('x', 'x', 1, 1, 1)"):
            assert outcome(session, statement) == "42501"
    with bound(database.auth, key(uuid4())) as session:
        assert outcome(session, "select auth.tally('x', 'x', 1)") == "42501"
