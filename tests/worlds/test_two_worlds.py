"""Nothing that a caller can ask tells whether other people's rows exist, how many there are, or what is in them."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from tests.server import cloned
from tests.serving import serving
from tests.worlds.clock import Ticks, freeze
from tests.worlds.drawn import document, drawn
from tests.worlds.grammar import operations
from tests.worlds.leaks import LEAKS, Leak, plant
from tests.worlds.pair import NAMES, Caller, populate, templates, worlds
from tests.worlds.run import Counted, DifferentError, compare, seen

REQUESTS = 800


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> Ticks:
    """The one clock of both worlds."""
    return Ticks(monkeypatch)


@pytest.fixture(scope="module", params=["viewer", "admin"])
async def caller(request: pytest.FixtureRequest) -> AsyncIterator[Caller]:
    """Somebody with this role in another's workspace, and the two databases to clone."""
    with cloned(NAMES.seed) as made:
        with psycopg.connect(made.owner, autocommit=True) as owner:
            freeze(owner)
        async with serving(made) as served:
            caller = await populate(served, made, request.param)
        with templates(made, caller) as ready:
            yield ready


async def asked(caller: Caller, ticks: Ticks, leak: Leak | None = None) -> Counted:
    """What was answered how often, in so many requests or more, the same for the same caller and routes.

    Raises: DifferentError.
    """
    counted = Counted()
    routers = leak.routers if leak else ()
    for sequence in drawn(document(*routers), REQUESTS, caller.role):
        async with worlds(*routers) as pair:
            if leak:
                plant(pair, caller, leak)
            counted += await compare(pair, caller, sequence, ticks)
    return counted


async def test_request_cannot_tell_two_worlds_apart(caller: Caller, ticks: Ticks) -> None:
    counted = await asked(caller, ticks)
    assert counted.total() >= REQUESTS
    every = {(each.method.upper(), each.path) for each in operations(document())}
    # Routes that are always refused for their form would be compared for nothing; a few may be, by chance.
    reached = {(method, path) for method, path, status in counted if status not in {0, 405, 422}}
    assert len(every - reached) < len(every) / 20, every - reached
    succeeded = {(method, path) for method, path, status in counted if 200 <= status < 300}
    assert len(every - succeeded) < len(every) / 6, every - succeeded


@pytest.mark.parametrize("name", LEAKS)
@pytest.mark.parametrize("caller", ["viewer"], indirect=True, scope="module")
async def test_planted_leak_cannot_hide(caller: Caller, ticks: Ticks, name: str) -> None:
    with pytest.raises(DifferentError, match=LEAKS[name].shown):
        await asked(caller, ticks, LEAKS[name])


@pytest.mark.parametrize("caller", ["viewer"], indirect=True, scope="module")
async def test_signing_in_after_signing_up_is_the_one_difference(caller: Caller) -> None:
    """Until addresses are verified: what the generated requests leave out is just this, and neither answer alone tells."""
    taken, password = f"o1.{caller.email}", "chosen by the caller"
    async with worlds() as pair:
        answers = []
        for world in pair:
            client = world.served.client
            up = await client.post("/v1/auth/signup", json={"email": taken, "password": password, "name": "x"})
            answers.append((seen(up), await client.post("/v1/auth/token", data={"username": taken, "password": password})))
    (few, few_token), (many, many_token) = answers
    assert few == many
    assert (few_token.status_code, many_token.status_code) == (200, 401)
