"""A workspace of its own, for tests that change who belongs to it."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.people import Person, joined, person

Hire = Callable[[str], Awaitable[tuple[Person, UUID]]]


@pytest.fixture
async def founder(client: httpx.AsyncClient, owner: psycopg.Connection[Any]) -> tuple[Person, str]:
    """Somebody with a new workspace."""
    who = person("founder", client, owner)
    return who, (await who.made("/v1/workspaces", name="w"))["id"]


@pytest.fixture
def hire(founder: tuple[Person, str], client: httpx.AsyncClient, owner: psycopg.Connection[Any]) -> Hire:
    """Makes a member with a role."""

    async def hired(role: str) -> tuple[Person, UUID]:
        who = person(role, client, owner)
        return who, await joined(who, founder[0], founder[1], role)

    return hired


async def only_owner(founder: tuple[Person, str]) -> UUID:
    """The founder's membership."""
    rows = (await founder[0].call("GET", f"/v1/memberships?workspace_id={founder[1]}")).json()["items"]
    return UUID(next(row["id"] for row in rows if row["user_id"] == str(founder[0].id)))
