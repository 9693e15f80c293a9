"""What an HTTP request costs the API's process, against a constant answer plus bare psycopg.

Client and Postgres are other processes and are not counted. One connection, one request at a time, both sides in turn.
"""

import os
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import orjson
import psycopg

from api.auth import Keys
from bench.client import request
from bench.cpu import nanoseconds
from bench.floor import NEW
from bench.pairs import Spread, alternate, spread
from bench.served import Server, http, process
from db.settings import clone

SOMEBODY = """
select p.id, (select id from app.notes where owner_id = p.id and deleted_at is null order by id limit 1)
from bench.person p where p.number = 0
"""


class Route(NamedTuple):
    """One operation; microseconds of CPU for one request."""

    operation: str
    constant: float
    psycopg: float
    api: float
    ratio: Spread


class Turn(NamedTuple):
    """What each side does before the other has its turn."""

    operation: str
    request: bytes
    repeat: int


def measure(environment: Mapping[str, str], owner_url: str, turns: int, count: int, say: Callable[[str], None]) -> list[Route]:
    """Every operation, `turns` times each way, with `count` requests in a turn."""
    with psycopg.connect(owner_url) as owner:
        found = owner.execute(SOMEBODY).fetchone()
    assert found is not None
    me, note = found
    token = Keys([b64decode(environment["TOKEN_KEYS"])]).issue(me, uuid4(), minutes=60)
    requests = {
        "list of 20": request("GET", "/v1/notes?limit=20", token),
        "get": request("GET", f"/v1/notes/{note}", token),
        "create": request("POST", "/v1/notes", token, orjson.dumps(NEW)),
    }
    routes = []
    with ExitStack() as stack:
        answers = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        env = {**os.environ, **environment, "ANSWERS": str(answers), "PYTHONPATH": str(clone())}
        api = stack.enter_context(http("api.app:create_app", env))
        for operation, ask in requests.items():
            (answers / operation).write_bytes(api.client.send(ask))
        constant = stack.enter_context(http("bench.floor:constant", env))
        bare = stack.enter_context(process([sys.executable, "-m", "bench.floor", str(me), str(note)], env))
        for operation, ask in requests.items():
            turn = Turn(operation, ask, count)
            pairs = alternate(turns, partial(_floor, constant, bare, turn), partial(_ask, api, turn))
            routes.append(_route(operation, pairs))
            say(f"http {operation}: {routes[-1].ratio.middle:.2f}")
    return routes


def _ask(server: Server, turn: Turn, _number: int) -> float:
    before = nanoseconds(server.pid)
    for _ in range(turn.repeat):
        server.client.send(turn.request)
    return (nanoseconds(server.pid) - before) / turn.repeat / 1000


def _floor(constant: Server, bare: subprocess.Popen[str], turn: Turn, number: int) -> tuple[float, float]:
    before = nanoseconds(bare.pid)
    assert bare.stdin is not None and bare.stdout is not None
    bare.stdin.write(f"{turn.operation}\t{turn.repeat}\n")
    bare.stdin.flush()
    if bare.stdout.readline() != "done\n":
        raise RuntimeError("bare psycopg has ended")
    return _ask(constant, turn, number), (nanoseconds(bare.pid) - before) / turn.repeat / 1000


def _route(operation: str, pairs: Sequence[tuple[tuple[float, float], float]]) -> Route:
    return Route(
        operation,
        spread([constant for (constant, _), _ in pairs]).middle,
        spread([bare for (_, bare), _ in pairs]).middle,
        spread([api for _, api in pairs]).middle,
        spread([api / sum(floor) for floor, api in pairs]),
    )
