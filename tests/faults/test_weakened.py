"""A database that is weakened while it is served answers 503 within moments, with the reason in the log, until it is mended."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest

from db import watch
from db.embedded import Cluster
from db.logins import set_password
from db.seal import accept, decoded
from migrations import upgrade
from tests.faults.settled import until
from tests.migrations.spare import spare
from tests.people import Person, person
from tests.sealing import seal_key
from tests.server import Database, at
from tests.serving import Served, serving
from tests.weakenings import Weakening
from tests.weakenings.functions import FUNCTIONS, ORIGINAL
from tests.weakenings.grants import GRANTS
from tests.weakenings.roles import NO_ALARM, ROLES
from tests.weakenings.tables import TABLES

PASSWORD = "for-this-run-only-93842"
BODY = "select pg_get_functiondef('app.my_workspaces(text)'::regprocedure)"


class Traffic:
    """One person who never stops asking, and what the last answers were."""

    def __init__(self, served: Served, who: Person) -> None:
        self.served, self.who, self.last, self.ready, self.answered = served, who, 0, 0, 0

    async def forever(self) -> None:
        while True:
            answer = await self.who.call("GET", "/v1/notes")
            assert answer.status_code in {200, 503}, answer.text
            assert answer.status_code == 200 or answer.headers["content-type"] == "application/problem+json"
            self.ready = (await self.served.client.get("/readyz")).status_code
            self.last, self.answered = answer.status_code, self.answered + 1
            await asyncio.sleep(0.005)  # a refusal without a socket waits for nothing, and would let nobody else run

    async def answers(self, status: int) -> None:
        """Until both say so."""
        await until(lambda: self.last == self.ready == status, patience=15)

    async def goes_on(self, times: int) -> None:
        """So many more answers, each of them good."""
        enough = self.answered + times
        while self.answered < enough:
            seen = self.answered
            await until(lambda seen=seen: self.answered > seen)  # type: ignore[misc]
            assert (self.last, self.ready) == (200, 200)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Roles of its own."""
    with spare() as made:
        made.create_database("test")
        upgrade(made.url(database="test"))
        with psycopg.connect(made.url(), autocommit=True) as superuser:
            for login in ("app_api", "app_auth"):
                set_password(superuser, login, PASSWORD)
        if key := seal_key():
            with psycopg.connect(made.url(database="test")) as superuser:
                accept(superuser, decoded(key))
        yield made


@pytest.fixture
def superuser(cluster: Cluster) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(cluster.url(database="test"), autocommit=True) as connection:
        yield connection


@asynccontextmanager
async def traffic(cluster: Cluster, superuser: psycopg.Connection[Any]) -> AsyncIterator[Traffic]:
    url = cluster.url(database="test")
    database = Database("test", url, at(url, "test", "app_api", PASSWORD), at(url, "test", "app_auth", PASSWORD))
    async with serving(database, watch_seconds=0.05) as served:
        made = Traffic(served, person("alice", served.client, superuser))
        task = asyncio.create_task(made.forever())
        try:
            await made.answers(200)
            yield made
        finally:
            task.cancel()
            await asyncio.wait([task])
        assert task.cancelled()


@pytest.mark.parametrize("ways", [TABLES, GRANTS, FUNCTIONS, ROLES], ids=["tables", "grants", "functions", "roles"])
async def test_weakened_database_cannot_be_served(
    cluster: Cluster,
    superuser: psycopg.Connection[Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    ways: dict[str, Weakening],
) -> None:
    monkeypatch.setattr(watch, "CONFIRM", 0.05)
    (original,) = superuser.execute(BODY).fetchone() or ("",)
    async with traffic(cluster, superuser) as asking:
        for name, (weaken, mend, named) in ways.items():
            caplog.clear()
            superuser.execute(weaken.encode())
            try:
                await asking.answers(503)
            except TimeoutError:
                raise AssertionError(f"still served: {name}") from None
            said = [record.message for record in caplog.records if record.levelno == logging.ERROR]
            assert any(named in line and line.startswith("not serving: ") for line in said), (name, said)
            superuser.execute((original if mend == ORIGINAL else mend).encode())
            try:
                await asking.answers(200)
            except TimeoutError:
                raise AssertionError(f"mended and not served: {name}, {caplog.messages[-1]}") from None
            assert caplog.messages[-1] == "serving again: the database is what its migrations recorded"


async def test_what_dbas_do_is_no_alarm(cluster: Cluster, superuser: psycopg.Connection[Any]) -> None:
    async with traffic(cluster, superuser) as asking:
        for do, undo in NO_ALARM.values():
            superuser.execute(do.encode())
            state = superuser.execute("select differences from audit.state()").fetchone()
            assert state == ([],), do
            await asking.goes_on(3)
            superuser.execute(undo.encode())
