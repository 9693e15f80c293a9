"""What is asked in one run, drawn by hypothesis from a fixed seed; nothing is asked while drawing."""

from collections.abc import Iterator

from fastapi import APIRouter
from hypothesis import HealthCheck, Phase, given, seed, settings

from api.app import create_app
from tests.conftest import settings as api_settings
from tests.server import Database
from tests.worlds.grammar import Drawn, Schema, once_or_twice, rounds

ROUNDS = 3
NOWHERE = Database("nowhere", *["postgresql://nobody@nowhere/nowhere"] * 3)


def document(*routers: APIRouter) -> Schema:
    """The app's own description of its routes."""
    app = create_app(api_settings(NOWHERE))
    for router in routers:
        app.include_router(router)
    return app.openapi()


def drawn(described: Schema, requests: int, number: object) -> Iterator[list[Drawn]]:
    """Sequences of a few rounds of every route, together so many requests or more; the same for the same number."""
    made: list[list[Drawn]] = []
    wanted = -(-requests // len(once_or_twice(described)) // ROUNDS) * ROUNDS

    @seed(number)
    @settings(
        max_examples=wanted,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(rounds(described))
    def collect(found: list[Drawn]) -> None:
        made.append(found)

    collect()
    for at in range(0, wanted, ROUNDS):
        yield [each for found in made[at : at + ROUNDS] for each in found]
