"""A provider's token is a person's own here at first sight; what it does not sign, for us, now, is nobody's."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import jwt
import pytest

from api import issuer
from db.__main__ import disable_subject
from tests.counting import counting
from tests.faults.settled import until
from tests.notes import Owner
from tests.provider import AUDIENCE, JWKS, Provider, Signer, asks
from tests.server import Database
from tests.serving import Served, serving

NOW = int(datetime.now(UTC).timestamp())


@pytest.fixture
async def served(database: Database, provider: Provider) -> AsyncIterator[Served]:
    async with serving(database, oidc_issuer=provider.issuer, oidc_audience=AUDIENCE) as made:
        yield made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are looked for whenever one is unknown."""
    monkeypatch.setattr(issuer, "COOLDOWN", 0)


async def who(served: Served, token: str) -> str:
    answer = await asks(served.client, token)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


async def test_subject_is_a_person_of_their_own_at_first_sight(served: Served, provider: Provider, owner: Owner) -> None:
    known = f"{uuid4().hex}@example.com"
    new = {"email": known, "password": "correct horse battery", "name": "Ada"}
    assert (await served.client.post("/v1/auth/signup", json=new)).status_code == 201
    subject = uuid4().hex
    token = provider.token(subject, email=known, email_verified=True, name="Ada of the provider")
    first, *others = await asyncio.gather(*(who(served, token) for _ in range(5)))
    assert {first} == set(others) == {await who(served, provider.token(subject))}
    by_address = owner.execute("select user_id::text from auth.credentials where email = %s", [known]).fetchone()
    assert by_address is not None
    assert first != by_address[0], "an address that a provider names is no proof of anything here"
    assert await who(served, provider.token(uuid4().hex)) != first
    note = await asks(served.client, token, "POST", "/v1/notes", json={"title": "mine"})
    assert (note.status_code, note.json()["owner_id"]) == (201, first)
    names = owner.execute("select name from app.users where id = %s", [first]).fetchone()
    assert names == ("Ada of the provider",)


@pytest.mark.usefixtures("impatient")
async def test_rotated_keys_follow_and_withdrawn_ones_stop(served: Served, provider: Provider) -> None:
    subject, before = uuid4().hex, provider.signer
    me = await who(served, provider.token(subject))
    provider.rotate(Signer("ES256"), keep=True)
    assert await who(served, provider.token(subject)) == me
    old = provider.token(subject, {"kid": before.kid}, before)
    assert await who(served, old) == me
    provider.rotate(Signer(), keep=False)
    assert await who(served, provider.token(subject)) == me
    assert (await asks(served.client, old)).status_code == 401


async def test_outage_stops_no_known_key(served: Served, provider: Provider, database: Database) -> None:
    subject = uuid4().hex
    me = await who(served, provider.token(subject))
    provider.stop()
    try:
        assert await who(served, provider.token(subject)) == me
        assert await who(served, provider.token(uuid4().hex)) != me
        unknown = Signer("ES256")
        assert (await asks(served.client, provider.token(subject, {"kid": unknown.kid}, unknown))).status_code == 401
        async with serving(database, oidc_issuer=provider.issuer, oidc_audience=AUDIENCE) as late:
            refused = await asks(late.client, provider.token(subject))
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
            assert (await late.client.get("/livez")).status_code == 200
            provider.start()
            late.app.state.subjects.issuer._tried_at = float("-inf")
            assert await who(late, provider.token(subject)) == me
    finally:
        if provider.process.poll() is not None:
            provider.start()


async def test_keys_that_cannot_be_looked_at_for_a_day_are_not_trusted(
    served: Served, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = provider.token(uuid4().hex)
    await who(served, token)
    provider.stop()
    try:
        monkeypatch.setattr(issuer, "TRUSTED", 0)
        assert (await asks(served.client, token)).status_code == 503
    finally:
        provider.start()


async def test_unknown_keys_cannot_flood_the_provider(served: Served, provider: Provider) -> None:
    stranger = Signer("ES256")
    tokens = [provider.token("x", {"kid": uuid4().hex}, stranger) for _ in range(40)]
    served.app.state.subjects.issuer._tried_at = float("-inf")
    before = len(provider.asked)
    answers = await asyncio.gather(*(asks(served.client, token) for token in tokens))
    assert {answer.status_code for answer in answers} == {401}
    assert provider.asked[before:] == [JWKS], "one look for all of them"


@pytest.mark.usefixtures("impatient")
async def test_keys_are_looked_at_again_while_nobody_waits(
    served: Served, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, before = provider.token(uuid4().hex), len(provider.asked)
    monkeypatch.setattr(issuer, "REFRESH", 0)
    await who(served, token)
    await until(lambda: len(provider.asked) > before)


async def test_audience_may_stand_in_client_id(database: Database, provider: Provider) -> None:
    settings = {"oidc_issuer": provider.issuer, "oidc_audience": "client-1", "oidc_audience_claim": "client_id"}
    async with serving(database, **settings) as served:
        await who(served, provider.token("x", aud=None, client_id="client-1"))
        others: list[dict[str, Any]] = [{"client_id": "client-2"}, {"aud": "client-1"}, {"client_id": ["client-1"]}]
        for claims in others:
            token = jwt.encode(
                provider.claims("x", aud=None) | claims,
                provider.signer.private,
                provider.signer.algorithm,
                headers={"kid": provider.signer.kid},
            )
            assert (await asks(served.client, token)).status_code == 401


async def test_disabled_subject_stays_out_with_every_token(
    served: Served, provider: Provider, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = uuid4().hex
    old = provider.token(subject, iat=NOW - 5)
    me = await who(served, old)
    monkeypatch.setenv("OWNER_DATABASE_URL", database.owner)
    disable_subject(provider.issuer, subject, disabled=True)
    await refused(served, old)
    assert (await asks(served.client, provider.token(subject, iat=NOW + 60, exp=NOW + 600))).status_code == 401
    disable_subject(provider.issuer, subject, disabled=False)
    assert (await asks(served.client, old)).status_code == 401, "it was ended"
    await later()
    assert await who(served, provider.token(subject)) == me


async def test_leaver_does_not_come_back_with_the_token_they_left_with(
    served: Served, provider: Provider, owner: Owner
) -> None:
    subject = uuid4().hex
    stale, fresh = provider.token(subject, iat=NOW - 3600), provider.token(subject)
    me = await who(served, stale)
    assert (await asks(served.client, stale, "DELETE", json={})).status_code == 403, "signed in too long ago"
    assert (await asks(served.client, fresh, "DELETE", json={})).status_code == 204
    assert owner.execute("select from auth.subjects where subject = %s", [subject]).rowcount == 0
    for token in (stale, fresh):
        await refused(served, token)
    await later()
    assert await who(served, provider.token(subject)) != me


async def test_known_subject_costs_no_round_trip_more(database: Database, provider: Provider) -> None:
    async with counting(database, oidc_issuer=provider.issuer, oidc_audience=AUDIENCE) as (served, wire, asked):
        warm, subject = provider.token(uuid4().hex), uuid4().hex
        await who(served, warm)
        await who(served, warm)  # what has ended is read for the first time
        for known in (False, True, True):
            wire.reset()
            asked.reset()
            await who(served, provider.token(subject, jti=uuid4().hex))
            # Looked up at first sight, on the other login; then never, whichever token it is.
            assert (wire.round_trips, asked.round_trips) == (1, 0 if known else 1)


async def refused(served: Served, token: str) -> None:
    """Until a token is."""
    async with asyncio.timeout(60):
        while (await asks(served.client, token)).status_code != 401:  # noqa: ASYNC110 - it ends in the database
            await asyncio.sleep(0.01)


async def later() -> None:
    """The next second, by which tokens are counted."""
    second = int(datetime.now(UTC).timestamp())
    await until(lambda: int(datetime.now(UTC).timestamp()) > second)
