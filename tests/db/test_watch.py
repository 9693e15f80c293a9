"""The watch refuses what it saw twice, forgives what it cannot reach for a while, and never longer."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import psycopg
import pytest

from db import watch
from db.boot import Unreachable
from db.refusal import Refusal
from db.watch import Watch
from tests.faults.settled import count, until
from tests.migrations.extra import apply
from tests.server import Database
from tests.serving import serving


def scripted(*answers: Exception | SystemExit | None) -> Callable[[], object]:
    left = list(answers)

    async def look() -> None:
        if answer := left.pop(0):
            raise answer

    return look


def made(*answers: Exception | SystemExit | None, blind: float = 60) -> Watch:
    return Watch(scripted(*answers), seconds=60, blind=blind)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "CONFIRM", 0)


async def test_a_weakness_that_was_seen_twice_cannot_be_served() -> None:
    seen = made(Refusal("weak"), Refusal("weaker"), Refusal("weakest"), None)
    await seen.look()
    assert seen.refusal == "weaker"
    await seen.look()
    assert seen.refusal == "weakest"
    await seen.look()
    assert seen.refusal == ""


async def test_a_weakness_that_was_seen_once_is_a_migration() -> None:
    seen = made(Refusal("half"), None)
    await seen.look()
    assert seen.refusal == ""


@pytest.mark.parametrize("error", [Unreachable("gone"), TimeoutError(), OSError("reset")])
async def test_what_cannot_be_reached_is_served_for_a_while_and_not_longer(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = made(error, None, error, blind=30)
    now = monotonic()
    await seen.look()
    assert seen.refusal == ""
    monkeypatch.setattr(watch, "monotonic", lambda: now + 31)
    assert seen.refusal == "the database has not answered the watch for 30 seconds"
    await seen.look()
    assert seen.refusal == ""


async def test_what_was_weak_stays_refused_while_it_cannot_be_reached() -> None:
    seen = made(Refusal("weak"), Refusal("weak"), Unreachable("gone"))
    await seen.look()
    await seen.look()
    assert seen.refusal == "weak"


async def test_a_look_that_hangs_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PATIENCE", 0.01)
    await Watch(asyncio.Event().wait, seconds=60).look()  # type: ignore[arg-type]


async def test_a_database_that_does_not_answer_cannot_be_served_for_ever(
    own_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch alone is locked out: requests would go on unwatched."""
    monkeypatch.setattr(watch, "PATIENCE", 1)
    async with serving(own_database, watch_seconds=0.05) as served:
        served.app.state.watch._blind = 0.5
        with psycopg.connect(own_database.owner) as owner:
            owner.execute("lock table audit.expected in access exclusive mode")
            await until(lambda: bool(served.app.state.watch.refusal))
            assert (await served.client.get("/v1/notes")).status_code == 503
            assert (await served.client.get("/livez")).status_code == 200
            owner.rollback()
        await until(lambda: not served.app.state.watch.refusal)
        assert (await served.client.get("/v1/notes")).status_code == 401


async def test_a_migration_in_progress_is_no_alarm(own_database: Database, tmp_path: Path) -> None:
    """It lifts FORCE and changes grants; meanwhile, and afterwards, the API serves."""
    body = """
with sighted("app.notes"):
    op.execute("grant update (owner_id) on app.notes to app_user")
    op.execute("set local lock_timeout = 0; select pg_advisory_xact_lock(77)")
"""
    waiting = "select count(*) from pg_locks where locktype = 'advisory' and objid = 77 and not granted"
    looked: list[str] = []
    async with serving(own_database, watch_seconds=0.05) as served:
        watched = served.app.state.watch
        with psycopg.connect(own_database.owner, autocommit=True) as owner:
            owner.execute("select pg_advisory_lock(77)")
            migration = asyncio.create_task(asyncio.to_thread(apply, own_database.owner, tmp_path, body))
            await until(lambda: migration.done() or count(owner, waiting) == 1)
            for _ in range(4):
                await watched.look()
                looked.append(watched.refusal)
            assert count(owner, waiting) == 1, "it was in progress"
        while not migration.done():
            await watched.look()
            looked.append(watched.refusal)
        await migration
        await watched.look()
        assert {*looked, watched.refusal} == {""}
        assert monotonic() - watched._seen < 60
