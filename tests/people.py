"""A small world, made over HTTP: a workspace with every role in it, a stranger, a former member, and their rows."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from psycopg.rows import TupleRow

from api.auth import Keys
from db.models import metadata
from db.shares import Share
from tests.samples import MODELS, at, body, referenced, sample

SEED = sha256(b"only tests sign with this").digest()
KEYS = Keys([SEED])


def token(user_id: UUID, session_id: UUID | None = None) -> str:
    """What the API would have issued; without a session, for one that nobody has ended."""
    return KEYS.issue(user_id, session_id or uuid4(), minutes=60)


@dataclass
class Person:
    """Somebody with a token."""

    name: str
    id: UUID
    client: httpx.AsyncClient

    @property
    def headers(self) -> dict[str, str]:
        """What authenticates this person."""
        return {"Authorization": f"Bearer {token(self.id)}"}

    async def call(self, method: str, path: str, json: Any = None) -> httpx.Response:
        """One request as this person."""
        return await self.client.request(method, path, json=json, headers=self.headers)

    async def made(self, path: str, **json: Any) -> dict[str, Any]:
        """Creates a row and answers it."""
        response = await self.call("POST", path, json)
        assert response.status_code == 201, response.text
        row: dict[str, Any] = response.json()
        return row


@dataclass
class World:
    """Who is there, and the id of one live and one binned row per table; all rows are alice's or her workspace's."""

    alice: Person
    adam: Person
    erin: Person
    vic: Person
    fred: Person
    mallory: Person
    rita: Person
    live: dict[str, UUID] = field(default_factory=dict)
    binned: dict[str, UUID] = field(default_factory=dict)
    memberships: dict[str, UUID] = field(default_factory=dict)
    since: UUID | None = None  # rows made before and after have keys that are less and greater
    until: UUID | None = None

    @property
    def workspace(self) -> str:
        """The workspace that alice owns."""
        return str(self.live["workspaces"])

    def path(self, table: str) -> str:
        """Where the table's rows are served: shares under the row that is shared."""
        model = MODELS[table]
        if not issubclass(model, Share):
            return at(table)
        (parent,) = model.__parents__.values()
        return f"{at(table)}/{self.live[parent]}/shares"

    def person(self, name: str) -> Person:
        """By name."""
        found: Person = getattr(self, name)
        return found


def person(name: str, client: httpx.AsyncClient, owner: psycopg.Connection[TupleRow]) -> Person:
    """Somebody who signed up; the password is skipped, since hashing is slow by design."""
    row = owner.execute("insert into app.users (name) values (%s) returning id", [name]).fetchone()
    assert row is not None
    owner.execute(
        "insert into auth.credentials (user_id, email, password_hash) values (%s, %s, 'x')",
        [row[0], f"{uuid4().hex}@example.com"],
    )
    return Person(name, row[0], client)


async def joined(member: Person, by: Person, workspace: str, role: str) -> UUID:
    """`member` accepts an invitation of `by`; answers the membership."""
    invitation = await by.made("/v1/invitations", workspace_id=workspace, role=role)
    accepted = await member.made("/v1/invitations/accept", token=invitation["token"])
    return UUID(accepted["id"])


async def shared(holder: Person, by: Person, shares: str, **says: str) -> UUID:
    """`holder` accepts what `by` offers at this path; answers the share."""
    offer = await by.made(shares, **says)
    table = shares.split("/")[2]
    return UUID((await holder.made(f"/v1/{table}/shares/accept", token=offer["token"]))["id"])


async def build(client: httpx.AsyncClient, owner: psycopg.Connection[TupleRow]) -> World:
    """The whole of it: alice owns, adam admins, erin edits, vic views, fred was an editor, mallory is a stranger, and rita
    reads what alice shares.

    Of every other table, alice has a live row and, where there is a bin, a binned one, under parents that are likewise.
    """
    (since,) = owner.execute("select app.uuidv7()").fetchone() or (None,)
    names = ("alice", "adam", "erin", "vic", "fred", "mallory", "rita")
    alice, adam, erin, vic, fred, mallory, rita = (person(name, client, owner) for name in names)
    world = World(alice, adam, erin, vic, fred, mallory, rita, since=since)
    workspace = (await alice.made("/v1/workspaces", name="alice's"))["id"]
    for member, role in ((world.adam, "admin"), (world.erin, "editor"), (world.vic, "viewer"), (world.fred, "editor")):
        world.memberships[member.name] = await joined(member, alice, workspace, role)
    assert (await world.fred.call("DELETE", f"/v1/memberships/{world.memberships['fred']}")).status_code == 204
    mine = owner.execute(
        "select id from app.memberships where workspace_id = %s and user_id = %s", [workspace, alice.id]
    ).fetchone()
    assert mine is not None
    world.memberships["alice"] = mine[0]
    world.live |= {"users": alice.id, "workspaces": UUID(workspace), "memberships": mine[0]}
    invitation = await alice.made("/v1/invitations", workspace_id=workspace, role="viewer")
    world.live["invitations"] = UUID(invitation["id"])
    look = (
        "insert into app.looks (who, whom, why, until) values ('dba', %s, 'a ticket', now() + interval '1 hour') returning id"
    )
    looked = owner.execute(look, [alice.id]).fetchone()
    assert looked is not None
    world.live["looks"] = looked[0]
    ordered = [MODELS[table.name] for table in metadata.sorted_tables if table.schema == "app" and table.name not in world.live]
    for model in ordered:
        if issubclass(model, Share):
            world.live[model.__tablename__] = await shared(world.rita, alice, world.path(model.__tablename__))
        else:
            world.live[model.__tablename__] = await _row(world, owner, model, world.live)
    binnable = [model for model in ordered if "deleted_at" in model.model_fields]
    for model in binnable:
        world.binned[model.__tablename__] = await _row(world, owner, model, {**world.live, **world.binned})
    world.binned["workspaces"] = UUID((await alice.made("/v1/workspaces", name="binned"))["id"])
    for name, id in [*world.binned.items()]:
        # 404: it went along with its parent.
        assert (await alice.call("DELETE", f"{at(name)}/{id}")).status_code in {204, 404}, name
    (world.until,) = owner.execute("select app.uuidv7()").fetchone() or ()
    return world


async def _row(world: World, owner: psycopg.Connection[TupleRow], model: Any, ids: dict[str, UUID]) -> UUID:
    """A row of alice's: over HTTP where there is a route that makes one, else as a migration would."""
    if model.__create__ and "create" in model.__routes__:
        return UUID((await world.alice.made(at(model.__tablename__), **body(model, model.__create__, ids)))["id"])
    values = {name: sample(model, name, ids) for name, field in model.model_fields.items() if _wanted(model, name)}
    columns, holes = ", ".join(values), ", ".join("%s" for _ in values)
    row = owner.execute(
        f"insert into app.{model.__tablename__} ({columns}) values ({holes}) returning id".encode(), [*values.values()]
    ).fetchone()
    assert row is not None
    made: UUID = row[0]
    return made


def _wanted(model: Any, name: str) -> bool:
    """Whether a row needs a value for it: nobody else gives one, or it says whose the row is."""
    column = model.__table__.c[name]
    return name != "id" and ((not column.nullable and column.server_default is None) or referenced(column) is not None)
