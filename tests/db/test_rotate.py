"""Seal keys follow one another under traffic, and no request meets one that its database does not know."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import httpx
import psycopg
import pytest

from db.seal import decoded, new_key, retire
from db.settings import clone
from tests.faults.settled import until
from tests.people import Person, person
from tests.server import Database
from tests.serving import Served, serving

OLD, NEW, UNKNOWN = new_key(), new_key(), new_key()


def rotate(database: Database, what: str, key: str) -> subprocess.CompletedProcess[str]:
    """The command as a person gives it."""
    program = [sys.executable, "-m", "db.rotate", what]
    environment = os.environ | {"OWNER_DATABASE_URL": database.owner, "SEAL_KEY": key}
    return subprocess.run(program, cwd=clone(), env=environment, capture_output=True, text=True, check=False)


def keys(database: Database) -> int:
    with psycopg.connect(database.owner) as owner:
        return owner.execute("select from seal.keys").rowcount


async def asked(who: Person, statuses: list[int]) -> None:
    while True:
        for method, path, json in (("POST", "/v1/notes", {"title": "x"}), ("GET", "/v1/notes", None), ("GET", "/v1/me", None)):
            statuses.append((await who.call(method, path, json)).status_code)


@asynccontextmanager
async def traffic(who: Person) -> AsyncIterator[list[int]]:
    """Requests without a pause, until the block ends."""
    statuses: list[int] = []
    running = [asyncio.create_task(asked(who, statuses)) for _ in range(4)]
    try:
        yield statuses
    finally:
        for task in running:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def answered(statuses: list[int]) -> None:
    """A few more answers, with the keys as they are now."""
    wanted = len(statuses) + 12
    await until(lambda: len(statuses) >= wanted)


def calling(who: Person, served: Served) -> Person:
    return Person(who.name, who.id, served.client)


async def test_rotation_under_traffic_fails_no_request(own_database: Database) -> None:
    with psycopg.connect(own_database.owner, autocommit=True) as owner:
        owner.execute("delete from seal.keys")
        assert rotate(own_database, "add", OLD).returncode == 0
        async with serving(own_database, seal_key=OLD) as first:
            alice = person("alice", httpx.AsyncClient(), owner)
            async with traffic(calling(alice, first)) as old:
                await answered(old)
                added = await asyncio.to_thread(rotate, own_database, "add", NEW)
                assert (added.returncode, keys(own_database)) == (0, 2)
                await answered(old)
                async with serving(own_database, seal_key=NEW) as second, traffic(calling(alice, second)) as new:
                    await answered(old)
                    await answered(new)
            async with serving(own_database, seal_key=NEW) as second:
                async with traffic(calling(alice, second)) as later:
                    await answered(later)
                    retired = await asyncio.to_thread(rotate, own_database, "retire", NEW)
                    assert (retired.returncode, keys(own_database)) == (0, 1)
                    await answered(later)
                assert set(old + new + later) == {200, 201}
                # What was retired is refused from the next statement on.
                assert (await calling(alice, first).call("GET", "/v1/notes")).status_code == 500


def test_no_key_is_retired_for_one_that_is_unknown(own_database: Database) -> None:
    assert rotate(own_database, "add", OLD).returncode == 0
    before = keys(own_database)
    refused = rotate(own_database, "retire", UNKNOWN)
    assert refused.returncode != 0
    assert refused.stderr.strip() == (
        "no seal key was changed: the database does not know this SEAL_KEY: `make rotate-seal` adds it"
    )
    assert keys(own_database) == before
    with psycopg.connect(own_database.owner) as owner:
        assert retire(owner, decoded(OLD)) == before - 1


@pytest.mark.parametrize("key", ["", "short", "a" * 44])
def test_a_weak_key_is_not_added_and_no_key_is_printed(own_database: Database, key: str) -> None:
    before = keys(own_database)
    refused = rotate(own_database, "add", key)
    assert refused.returncode != 0
    assert refused.stderr.startswith("SEAL_KEY is ")
    assert refused.stderr.count("\n") == 1
    assert keys(own_database) == before
    done = rotate(own_database, "add", NEW)
    assert (done.returncode, NEW in done.stdout + done.stderr) == (0, False)
