"""Where a person is signed in: the tokens that a client holds, and what it does with them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx

PASSWORD = "correct horse battery staple"


class Device:
    """Where somebody is signed in."""

    def __init__(self, client: httpx.AsyncClient, answer: dict[str, Any]) -> None:
        self.client, self.access, self.token = client, answer["access_token"], answer["refresh_token"]

    @property
    def id(self) -> UUID:
        return UUID(hex=self.token.partition(".")[0])

    async def call(self, method: str, path: str) -> httpx.Response:
        return await self.client.request(method, path, headers={"Authorization": f"Bearer {self.access}"})

    async def refreshed(self, token: str | None = None) -> httpx.Response:
        """What a token gives; the newest unless told otherwise."""
        return await self.client.post("/v1/auth/refresh", json={"refresh_token": token or self.token})

    async def renew(self) -> None:
        """On with the new tokens."""
        answer = await self.refreshed()
        assert answer.status_code == 200, answer.text
        self.access, self.token = answer.json()["access_token"], answer.json()["refresh_token"]

    async def stops(self) -> None:
        """Until the access token is refused; TimeoutError where it never is."""
        async with asyncio.timeout(60):
            while (await self.call("GET", "/v1/me")).status_code == 200:  # noqa: ASYNC110 - it ends in the database
                await asyncio.sleep(0.01)


SignIn = Callable[[], Awaitable[Device]]
