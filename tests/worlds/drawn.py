"""What is asked in one run, drawn by hypothesis from a fixed seed; nothing is asked while drawing."""

from collections.abc import Iterator

from fastapi import APIRouter
from hypothesis import HealthCheck, Phase, given, seed, settings

from api.app import create_app
from tests.conftest import settings as api_settings
from tests.server import Database
from tests.worlds.grammar import Drawn, Schema, once_or_twice, rounds

ROUNDS = 3
# A whole round in one draw is more than the 8 KB that hypothesis spends on an example: what it answers then is poor in
# form, and some routes are never asked for rows.
PARTS = 4
NOWHERE = Database("nowhere", *["postgresql://nobody@nowhere/nowhere"] * 3)


def document(*routers: APIRouter) -> Schema:
    """The app's own description of its routes."""
    app = create_app(api_settings(NOWHERE))
    for router in routers:
        app.include_router(router)
    return app.openapi()


def drawn(described: Schema, requests: int, number: object) -> Iterator[list[Drawn]]:
    """Sequences of a few rounds of every route, together so many requests or more; the same for the same number."""
    wanted = -(-requests // len(once_or_twice(described)) // ROUNDS) * ROUNDS
    parts = [_part(described, part, wanted, f"{number} {part}") for part in range(PARTS)]
    # No part is always the first to be asked.
    every = [[parts[(at + turn) % PARTS][at] for turn in range(PARTS)] for at in range(wanted)]
    for at in range(0, wanted, ROUNDS):
        yield [each for found in every[at : at + ROUNDS] for part in found for each in part]


def _part(described: Schema, part: int, wanted: int, number: str) -> list[list[Drawn]]:
    made: list[list[Drawn]] = []

    @seed(number)
    @settings(
        max_examples=wanted,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(rounds(described, slice(part, None, PARTS)))
    def collect(found: list[Drawn]) -> None:
        made.append(found)

    collect()
    return made
