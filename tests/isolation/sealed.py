"""A database whose seal keys come and go, so that each forgery is seen to work without them and to fail with them."""

import asyncio
import base64
import hashlib
import hmac
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

from db.seal import accept
from db.transaction import BEGIN, BIND
from tests.people import World, build
from tests.server import Database, cloned
from tests.serving import serving

KEY, OTHER = hashlib.sha256(b"known").digest(), hashlib.sha256(b"unknown").digest()
USER, TRASH, SETTING = "app_user", "app_trash", "app.current_user_id"
REFUSED = "28000"


class Claim(NamedTuple):
    """What a seal is over, written down here a second time: the database takes what the API makes, and nothing near it."""

    value: str
    pid: int
    role: str = USER
    setting: str = SETTING
    key: bytes = KEY
    later: int = 0
    scope: str = ""

    @property
    def seal(self) -> str:
        """The seal, made now or so many seconds later."""
        step = (round(time.time()) + self.later) // 20
        return base64.b64encode(self._code(f"{step}|{self.pid}")).decode()

    @property
    def earlier(self) -> str:
        """The same by an API of the release before."""
        made = f"{int(time.time()) + self.later}.{self.pid}"
        return f"{made}.{self._code(made).hex()}"

    def _code(self, made: str) -> bytes:
        text = f"{self.role}|{self.setting}|{made}|{self.value}"
        if self.scope:
            text = f"{len(self.scope)}|{self.scope}|{text}"
        return hmac.digest(self.key, text.encode(), "sha256")


class Sealed(NamedTuple):
    """A database and who is in it."""

    database: Database
    world: World
    owner: psycopg.Connection[Any]

    def keys(self, *keys: bytes) -> None:
        """From now on these are valid, and no others."""
        self.owner.execute("delete from seal.keys")
        for key in keys:
            accept(self.owner, key)

    @contextmanager
    def bound(self, role: str, setting: str, value: str, *, url: str = "") -> Iterator[psycopg.Connection[Any]]:
        """A transaction bound as an attacker would, without a seal; it is rolled back."""
        with psycopg.connect(url or self.database.api, autocommit=True) as session:
            session.execute(BEGIN)
            session.execute(BIND, (role, setting, value, "", ""))
            yield session
            session.execute("rollback")

    @property
    def alice(self) -> str:
        """Whom everybody wants to be."""
        return str(self.world.alice.id)


def put(session: psycopg.Connection[Any], seal: str) -> None:
    """Sets the seal of the open transaction."""
    session.execute("select set_config('app.current_user_seal', %s, true)", [seal])


@contextmanager
def made() -> Iterator[Sealed]:
    """A clone with alice's world in it."""

    async def populated(owner: psycopg.Connection[Any]) -> World:
        async with serving(database) as served:
            return await build(served.client, owner)

    with (
        cloned(f"rowkeep_sealed_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as database,
        psycopg.connect(database.owner, autocommit=True) as truth,
    ):
        yield Sealed(database, asyncio.run(populated(truth)), truth)
