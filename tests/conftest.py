"""Fixtures: a server per run, a database per worker, one of its own for a test that changes the schema."""

import os
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg.rows import TupleRow
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from db.settings import Settings
from tests.people import SEED, World, build
from tests.sealing import pool, prepare_key, seal_key
from tests.server import Database, cloned, prepare, running

SECRET = b64encode(SEED).decode()
stack = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Only the process that the user started makes a server; workers find it in their environment."""
    if not hasattr(config, "workerinput") and not config.option.collectonly:
        prepare_key()
        prepare(stack.enter_context(running()))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops what was started."""
    if not hasattr(config, "workerinput"):
        stack.close()


def settings(database: Database, **changes: object) -> Settings:
    """Settings of an API on this database."""
    values = {
        "database_url": database.api,
        "auth_database_url": database.auth,
        "token_keys": SECRET,
        "pool_size": 5,
        "revocation_seconds": 0.2,
        # All tests come from one network, and a slow machine does not wait a second out.
        "network_guesses": 100_000,
        "first_wait": 600,
        "seal_key": seal_key(),
    }
    return Settings.model_validate({**values, **changes})


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One event loop for all tests of a worker, so that pools outlive a test."""
    return "asyncio"


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """The worker's database: for tests that leave the schema as it is."""
    with cloned(f"rowkeep_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as made:
        yield made


@pytest.fixture
def own_database() -> Iterator[Database]:
    """A database that a test may break."""
    with cloned(f"rowkeep_own_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as made:
        yield made


@pytest.fixture
def empty_database() -> Iterator[Database]:
    """A database without Rowkeep's schema."""
    with cloned(f"rowkeep_empty_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}", template=None) as made:
        yield made


@pytest.fixture(scope="session")
def owner(database: Database) -> Iterator[psycopg.Connection[TupleRow]]:
    """A superuser's connection: sees every row, so it knows the truth."""
    with psycopg.connect(database.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
async def app(database: Database) -> AsyncIterator[FastAPI]:
    """The API, booted."""
    made = create_app(settings(database))
    async with made.router.lifespan_context(made):
        # Tests that are no coroutines halt the loop, and the watch on it, for longer than an API may be blind.
        vars(made.state.watch).update(_blind=float("inf"))
        yield made


@pytest.fixture(scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """HTTP to the API."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://rowkeep") as made:
        yield made


@pytest.fixture(scope="session")
async def api(database: Database) -> AsyncIterator[AsyncEngine]:
    """A small pool of the login that requests use."""
    made = pool(database.api, pool_size=3)
    yield made
    await made.dispose()


@pytest.fixture(scope="session")
async def world(client: httpx.AsyncClient, owner: psycopg.Connection[TupleRow]) -> World:
    """People and their rows, made over HTTP."""
    return await build(client, owner)
