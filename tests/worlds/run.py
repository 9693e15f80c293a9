"""Asks both worlds the same and compares the whole of what they answer."""

from collections import Counter
from typing import Any

import httpx

from tests.people import token as issued
from tests.worlds.clock import Ticks
from tests.worlds.grammar import Drawn
from tests.worlds.known import Known
from tests.worlds.pair import Caller, World

Counted = Counter[tuple[str, str, int]]
Pair = tuple[World, World]
Seen = tuple[int, list[tuple[bytes, bytes]], bytes]


class DifferentError(AssertionError):
    """The two worlds told apart, by which request."""


def seen(answer: httpx.Response) -> Seen:
    """All of an answer."""
    return answer.status_code, answer.headers.raw, answer.content


async def compare(pair: Pair, caller: Caller, sequence: list[Drawn], ticks: Ticks) -> Counted:
    """How often each operation answered what, where every answer was the same in both worlds.

    Raises: DifferentError, naming the request and both answers.
    """
    known, counted = Known(caller), Counted()
    token = issued(caller.id)
    for number, asked in enumerate(sequence):
        places = {name: known.resolve(value) for name, value in asked.places.items()}
        request: dict[str, Any] = {
            "params": {name: known.resolve(value) for name, value in asked.query.items() if value is not None},
            "headers": {name: str(known.resolve(value)) for name, value in asked.headers.items()},
            "json": known.resolve(asked.json),
            "data": known.resolve(asked.form),
        }
        if asked.signed_in:
            request["headers"]["Authorization"] = f"Bearer {token}"
        ticks.tick(*(world.owner for world in pair))
        path = asked.path.format(**places)
        few, many = [await world.served.client.request(asked.method, path, **request) for world in pair]
        if seen(few) != seen(many):
            raise DifferentError(f"request {number}: {asked.method} {path} {request}\n{seen(few)}\n{seen(many)}")
        known.learn(asked, places.get("id", ""), few)
        # Refused for want of a token says nothing of the route.
        counted[asked.method, asked.path, few.status_code if asked.signed_in or few.is_success else 0] += 1
    return counted
