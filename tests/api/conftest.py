"""Fixtures: somebody who can sign in, as often as is wanted, and a provider that signs people in."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.devices import PASSWORD, Device, SignIn
from tests.provider import Provider


@pytest.fixture
async def account(client: httpx.AsyncClient) -> SignIn:
    """A person who can sign in, as often as it is called."""
    email = f"{uuid4().hex}@example.com"
    await client.post("/v1/auth/signup", json={"email": email, "password": PASSWORD, "name": "Ada"})

    async def sign_in() -> Device:
        form = {"username": email, "password": PASSWORD}
        answer = await client.post("/v1/auth/token", data=form, headers={"user-agent": "a browser"})
        assert answer.status_code == 200, answer.text
        return Device(client, answer.json())

    return sign_in


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    made = Provider(tmp_path_factory.mktemp("provider"))
    yield made
    made.stop()
