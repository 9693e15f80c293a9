"""A workspace of its own, for tests that change who belongs to it; a note of its own, for tests that share it."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.people import Person, joined, person, shared

Hire = Callable[[str], Awaitable[tuple[Person, UUID]]]
Hold = Callable[..., Awaitable["Holder"]]
KINDS = ("reader", "writer", "stranger", "revoked", "left", "expired", "offered")


class Holder(NamedTuple):
    """Somebody, the share that they hold or held, and the token that they had or have."""

    who: Person
    share: UUID
    token: str = ""


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


@pytest.fixture
async def author(client: httpx.AsyncClient, owner: psycopg.Connection[Any]) -> tuple[Person, str]:
    """Somebody with a new note."""
    who = person("author", client, owner)
    return who, (await who.made("/v1/notes", title="a note", body="secret"))["id"]


@pytest.fixture
def hold(author: tuple[Person, str], client: httpx.AsyncClient, owner: psycopg.Connection[Any]) -> Hold:
    """Makes one of the kinds of people; the note is shared with a reader besides, whom nobody else is to see."""

    async def held(kind: str, **says: str) -> Holder:
        who, (by, note) = person(kind, client, owner), author
        await shared(person("another", client, owner), by, f"/v1/notes/{note}/shares", role="reader")
        if kind == "stranger":
            return Holder(who, UUID(int=0))
        offer = await by.made(f"/v1/notes/{note}/shares", role=kind if kind in {"reader", "writer"} else "writer", **says)
        holder, path = Holder(who, UUID(offer["id"]), offer["token"]), f"/v1/notes/{note}/shares/{offer['id']}"
        if kind != "offered":
            await who.made("/v1/notes/shares/accept", token=offer["token"])
        if kind in {"revoked", "left"}:
            assert (await (by if kind == "revoked" else who).call("DELETE", path)).status_code == 204
        elif kind == "expired":
            owner.execute("update app.note_shares set expires_at = clock_timestamp() where id = %s", [offer["id"]])
        return holder

    return held
