"""What sealing and resetting add to the CPU of a request, the API's process and its backend in Postgres together."""

import os
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import NamedTuple
from uuid import uuid4

import orjson
import psycopg

from api.auth import Keys
from bench.client import request
from bench.cpu import nanoseconds
from bench.floor import NEW
from bench.pairs import Spread, rotated, spread
from bench.served import Server, http
from bench.web import SOMEBODY
from db.settings import clone

# Background work, which would be counted too, as seldom as it may be.
SELDOM = {"WATCH_SECONDS": "3", "REVOCATION_SECONDS": "60"}
# A pool renews its connection; the watch's is another.
BACKEND = """
select pid from pg_stat_activity where usename = 'app_api' and datname = current_database() and backend_start > %s
order by state_change desc limit 1
"""


class Request(NamedTuple):
    """One operation on notes: microseconds of CPU for one request, and the ratios to one with neither."""

    operation: str
    plain: float
    sealed: float
    sealed_and_reset: float
    seal: Spread
    seal_and_reset: Spread


class Both(NamedTuple):
    """An API, and the owner's look at the backends that serve it since a moment."""

    api: Server
    owner: psycopg.Connection[tuple[object, ...]]
    since: object

    def cost(self, ask: bytes, count: int) -> float:
        """Of one request, of `count` in a row."""
        self.api.client.send(ask)
        backend = self.owner.execute(BACKEND, [self.since]).fetchone()
        assert backend is not None
        pids = self.api.pid, int(str(backend[0]))
        before = sum(map(nanoseconds, pids))
        for _ in range(count):
            self.api.client.send(ask)
        return (sum(map(nanoseconds, pids)) - before) / count / 1000


def requests(
    sealed: Mapping[str, str], bare: Mapping[str, str], turns: int, count: int, say: Callable[[str], None]
) -> list[Request]:
    """Each operation of one person; one connection, one request at a time."""
    with psycopg.connect(sealed["OWNER_DATABASE_URL"]) as owner:
        row = owner.execute(SOMEBODY).fetchone()
    assert row is not None
    token = Keys([b64decode(sealed["TOKEN_KEYS"])]).issue(row[0], uuid4(), minutes=60)
    asked = {
        "list of 20": request("GET", "/v1/notes?limit=20", token),
        "get": request("GET", f"/v1/notes/{row[1]}", token),
        "create": request("POST", "/v1/notes", token, orjson.dumps(NEW)),
    }
    found = []
    with ExitStack() as stack:
        remembers = "bench.plain:remembers"
        kinds = ((remembers, bare), (remembers, sealed), ("api.app:create_app", sealed))
        sides = [stack.enter_context(_served(*kind)) for kind in kinds]
        for operation, ask in asked.items():

            def cost(side: Both, _turn: int, ask: bytes = ask) -> float:
                return side.cost(ask, count)

            found.append(_request(operation, *rotated(turns, [partial(cost, side) for side in sides])))
            say(f"http {operation}: {found[-1].seal.middle:.3f}, reset too {found[-1].seal_and_reset.middle:.3f}")
    return found


@contextmanager
def _served(factory: str, environment: Mapping[str, str]) -> Iterator[Both]:
    with psycopg.connect(environment["OWNER_DATABASE_URL"], autocommit=True) as owner:
        now = owner.execute("select clock_timestamp()").fetchone()
        assert now is not None
        with http(factory, {**os.environ, **environment, **SELDOM, "PYTHONPATH": str(clone())}) as api:
            yield Both(api, owner, now[0])


def _request(operation: str, plain: list[float], sealed: list[float], both: list[float]) -> Request:
    return Request(
        operation,
        spread(plain).middle,
        spread(sealed).middle,
        spread(both).middle,
        spread([one / other for one, other in zip(sealed, plain, strict=True)]),
        spread([one / other for one, other in zip(both, plain, strict=True)]),
    )
