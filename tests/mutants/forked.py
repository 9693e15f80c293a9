"""Runs collected tests in a forked process, on a clone of the world that some SQL has changed."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import httpx
import psycopg
import pytest
from _pytest.runner import runtestprotocol
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

import api.lifespan
import tests.conftest as fixtures
from api.app import create_app
from db.settings import Settings
from tests.people import Person, World, build
from tests.server import TEMPLATE, Database, cloned

WORLD = "rowkeep_world"
# A mutant may let two sessions wait for each other; no test of isolation takes more than a second by itself.
PATIENCE, AGAIN = 120, 10  # seconds, and until it is told again: what it waits in may have dropped the first word
FORK = get_context("fork")
# Never closed: a forked process ends without unwinding, and what it made is there for the others.
STAYS = ExitStack()


class Outcome(NamedTuple):
    """What one test said, and how long it took; `sqlstate` where the change itself was refused; `differs`, where a test looks
    at many things and says so, what has become of which.
    """

    test: str
    failed: bool
    seconds: float
    sqlstate: str = ""
    why: str = ""
    differs: frozenset[str] = frozenset()


def forked(work: Callable[..., Any], *arguments: Any) -> Any:
    """What `work` answers in a process of its own, which keeps its event loops and connections to itself."""
    mine, theirs = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_work, args=(theirs, work, *arguments))
    process.start()
    theirs.close()
    try:
        return mine.recv()
    finally:
        process.join()


def _work(pipe: Connection, work: Callable[..., Any], *arguments: Any) -> None:
    pipe.send(work(*arguments))
    pipe.close()
    os._exit(0)  # neither pytest's nor a server's ends are this process's to run


@cache
def served() -> FastAPI:
    """The API, made once before any fork: each process has its own copy, and gives it its own settings."""
    return create_app(fixtures.settings(Database("", *["postgresql://nobody@127.0.0.1/nowhere"] * 3)))


def make_world() -> World:
    """Builds the world over HTTP in a database that later runs clone; answers who and what is there."""

    async def made(database: Database) -> World:
        app = create_app(fixtures.settings(database))
        transport = httpx.ASGITransport(app=app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://rowkeep") as client,
        ):
            with psycopg.connect(database.owner, autocommit=True) as owner:
                return await build(client, owner)

    world = asyncio.run(made(STAYS.enter_context(cloned(WORLD))))
    for someone in people(world):
        vars(someone).update(client=None)  # each process has its own
    return world


def people(world: World) -> Iterator[Person]:
    """Everybody in it."""
    return (someone for someone in vars(world).values() if isinstance(someone, Person))


def outcomes(items: Sequence[pytest.Item], world: World, sql: str, slot: int, *, every: bool = False) -> list[Outcome]:
    """What tests say, in order and up to the first that fails, unless every one is wanted."""
    return forked(_outcomes, items, world, sql, slot, every)  # type: ignore[no-any-return]


def _outcomes(items: Sequence[pytest.Item], world: World, sql: str, slot: int, every: bool) -> list[Outcome]:
    os.environ["PYTEST_XDIST_WORKER"] = f"mutant{slot}"
    refused: list[str] = []
    _clone_changed(sql, refused)
    _serve_as_it_is(world)
    signal.signal(signal.SIGALRM, _too_long)
    found = []
    for item, following in zip(items, [*items[1:], None], strict=True):
        signal.setitimer(signal.ITIMER_REAL, PATIENCE, AGAIN)
        reports = runtestprotocol(item, log=False, nextitem=following)
        why = next((report.longreprtext for report in reports if report.failed), "")
        seconds = sum(report.duration for report in reports)
        said: dict[str, Any] = {name: value for report in reports for name, value in report.user_properties}
        differs = said.get("differs", frozenset())
        found.append(Outcome(item.nodeid, bool(why), seconds, refused[0] if refused else "", why, differs))
        item.user_properties.clear()
        if refused or (why and not every):
            break
    signal.setitimer(signal.ITIMER_REAL, 0)
    return found


def _clone_changed(sql: str, refused: list[str]) -> None:
    """From now on each fixture's database is a clone of the world that the SQL has changed."""

    @contextmanager
    def changed(name: str, template: str | None = TEMPLATE) -> Iterator[Database]:
        with cloned(name, WORLD if template == TEMPLATE else template) as made:
            try:
                with psycopg.connect(made.owner) as connection:
                    connection.execute(sql.encode())
            except psycopg.Error as error:
                refused.append(error.sqlstate or str(error))
                raise
            yield made

    for module in list(sys.modules.values()):
        if getattr(module, "cloned", None) is cloned and module.__name__ != __name__:
            vars(module).update(cloned=changed)


def _serve_as_it_is(world: World) -> None:
    """From now on fixtures find the world as it is, and the API serves whatever the database has become.

    What is tested is isolation, not the API's look at the database when it starts.
    """

    async def kept(client: httpx.AsyncClient, _owner: Any) -> World:
        for someone in people(world):
            someone.client = client
        return world

    def app(settings: Settings) -> FastAPI:
        served().state.settings = settings
        return served()

    async def unchecked(engine: AsyncEngine, *_: Any) -> None:
        # A test that is no coroutine halts the event loop: a handshake halted half-way keeps others from dropping a database.
        async with engine.connect():
            pass

    vars(fixtures).update(build=kept, create_app=app)
    vars(api.lifespan).update(check=unchecked)


def _too_long(*_: object) -> None:
    raise TimeoutError(f"no answer in {PATIENCE} s")
