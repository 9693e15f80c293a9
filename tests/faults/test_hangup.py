"""A client that hangs up leaves no half and no held connection behind, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from tests.faults.settled import settled
from tests.faults.slow import PATHS, held, router, waiting
from tests.notes import Owner, person_with_notes, titles_of
from tests.people import Person
from tests.server import Database
from tests.serving import Served, serving
from tests.serving import listening as serving_port


class Listening(NamedTuple):
    """An API behind a socket."""

    served: Served
    port: int

    async def hang_up(self, who: Person, path: str, owner: Owner, *, waits: bool = True) -> None:
        """Sends a request and closes the connection while it runs, by a reset as of a client that died."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        token = who.headers["Authorization"]
        writer.write(f"POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        if waits:
            await waiting(owner)
        writer.transport.abort()
        del reader


@pytest.fixture
async def listening(database: Database) -> AsyncIterator[Listening]:
    async with serving(database, router, pool_size=2) as served, serving_port(served.app) as port:
        yield Listening(served, port)


@pytest.mark.parametrize("path", PATHS)
async def test_a_client_that_hangs_up_cannot_leave_a_half_or_a_held_connection(
    listening: Listening, owner: Owner, path: str
) -> None:
    alice = Person("alice", person_with_notes(owner), listening.served.client)
    with held(owner):
        await listening.hang_up(alice, path, owner)
    await settled(listening.served.engine, owner)
    assert titles_of(owner, alice.id) in ([], ["1", "2"])
    assert (await alice.call("POST", path)).status_code == 201


@pytest.mark.parametrize("path", PATHS)
async def test_a_client_that_hangs_up_cannot_keep_a_statement_running(listening: Listening, owner: Owner, path: str) -> None:
    alice = Person("alice", person_with_notes(owner), listening.served.client)
    with held(owner):
        await listening.hang_up(alice, path, owner)
        # While the lock is held, so only a cancellation ends it.
        await settled(listening.served.engine, owner, patience=10)
    assert titles_of(owner, alice.id) == []


async def test_clients_that_hang_up_at_once_cannot_use_up_the_pool(listening: Listening, owner: Owner) -> None:
    alice = Person("alice", person_with_notes(owner), listening.served.client)
    for path in PATHS * 10:
        await listening.hang_up(alice, path, owner, waits=False)
    await settled(listening.served.engine, owner)
    assert len(titles_of(owner, alice.id)) % 2 == 0
    assert (await alice.call("GET", "/v1/notes")).status_code == 200
