"""The two worlds: one small database as the caller sees it, and the same one among everybody else."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from fastapi import APIRouter

from db.models import metadata
from tests.isolation.session import acting
from tests.people import Person, build, joined, person, shared
from tests.samples import ISOLATED, MODELS, body
from tests.server import Database, cloned
from tests.serving import Served, serving
from tests.worlds.others import crowd, surround

Owner = psycopg.Connection[Any]
TABLES = sorted(table.name for table in metadata.tables.values() if table.schema == "app")
TENANTS = [table for table in TABLES if "workspace_id" in metadata.tables[f"app.{table}"].c]
# What people make for themselves, parents first.
MADE = [
    table.name
    for table in metadata.sorted_tables
    if table.name in ISOLATED and MODELS[table.name].__create__ and "create" in MODELS[table.name].__routes__
]
PASSWORD = "the caller's own password"
ROBOTS = "service-accounts"  # users, under a path of their own


class Caller(NamedTuple):
    """Who asks: a member of somebody's workspace in this role, who owns another.

    `visible` and `hidden` are ids by table, `within` the workspace of each row, `tokens` those of invitations.
    """

    id: UUID
    role: str
    email: str
    workspace: str
    tokens: list[str]
    refresh_tokens: list[str]
    within: dict[str, str]
    visible: dict[str, list[str]]
    hidden: dict[str, list[str]]


class Names(NamedTuple):
    """The databases of this worker: what both are made from, and the two to clone."""

    seed: str
    few: str
    many: str


NAMES = Names(*(f"worlds_{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}" for name in Names._fields))


class World(NamedTuple):
    """One of the two: served, and seen by its owner."""

    served: Served
    owner: Owner


@contextmanager
def templates(made: Database, caller: Caller) -> Iterator[Caller]:
    """Two databases to clone: `made` as it is, and a crowded copy; who calls, and what they may see."""
    with ExitStack() as stack:
        with psycopg.connect(stack.enter_context(cloned(NAMES.few, template=made.name)).owner, autocommit=True) as owner:
            alone = {table: _ids(owner, table) for table in [*TABLES, ROBOTS]}
            within = {
                id: workspace
                for table in TENANTS
                for id, workspace in owner.execute(f"select id::text, workspace_id::text from app.{table}".encode())
            }
        crowded = stack.enter_context(cloned(NAMES.many, template=NAMES.few))
        with psycopg.connect(crowded.owner, autocommit=True) as owner:
            owner.execute("set session_replication_role = replica")
            crowd(owner)
            surround(owner, caller.id, caller.role, caller.workspace)
            owner.execute("reset session_replication_role; analyze")
            hidden = {table: sorted(_ids(owner, table) - alone[table]) for table in alone}
        visible = _visible(crowded, caller.id)
        assert set().union(*visible.values()) <= set().union(*alone.values()), "the second world shows more"
        yield caller._replace(within=within, visible=visible, hidden=hidden)


def _ids(owner: Owner, table: str) -> set[str]:
    rows = f"app.{table}" if table != ROBOTS else "app.users where service"
    return {str(row[0]) for row in owner.execute(f"select id from {rows}".encode())}


def _visible(database: Database, caller: UUID) -> dict[str, list[str]]:
    """By table what the caller sees, and as `table/bin` what they see at the bin alone."""
    found: dict[str, list[str]] = {}
    for table in TABLES:
        with acting(
            database.api, caller, "app_guest" if "shared" in MODELS[table].__access__.split() else "app_user"
        ) as session:
            live = _ids(session, table)
        found[table] = sorted(live)
        if "deleted_at" in metadata.tables[f"app.{table}"].c:
            with acting(database.api, caller, "app_trash") as session:
                found[f"{table}/bin"] = sorted(_ids(session, table) - live)
    with acting(database.api, caller) as session:
        found[ROBOTS] = sorted(_ids(session, ROBOTS))
    return found


@asynccontextmanager
async def worlds(*routers: APIRouter) -> AsyncIterator[tuple[World, World]]:
    """Fresh clones of both, served."""
    async with AsyncExitStack() as stack:
        made = []
        for name in NAMES[1:]:
            database = stack.enter_context(cloned(f"{name}_now", template=name))
            served = await stack.enter_async_context(serving(database, *routers, pool_size=1, auth_pool_size=1))
            made.append(World(served, stack.enter_context(psycopg.connect(database.owner, autocommit=True))))
        yield made[0], made[1]


async def populate(served: Served, database: Database, role: str) -> Caller:
    """The first world's rows, made over HTTP: a workspace of alice's with every role in it, and the caller's own home."""
    with psycopg.connect(database.owner, autocommit=True) as owner:
        return await _populate(served, owner, role)


async def _populate(served: Served, owner: Owner, role: str) -> Caller:
    world = await build(served.client, owner)
    email = f"{role}@example.com"
    new = {"email": email, "password": PASSWORD, "name": "caller"}
    assert (await served.client.post("/v1/auth/signup", json=new)).status_code == 201
    row = owner.execute("select user_id from auth.credentials where email = %s", [email]).fetchone()
    assert row is not None
    caller = Person("caller", row[0], served.client)
    await joined(caller, world.alice, world.workspace, role)
    home = (await caller.made("/v1/workspaces", name="home"))["id"]
    await joined(world.erin, caller, home, "editor")
    await joined(person("guest", served.client, owner), caller, home, "admin")
    await caller.made("/v1/invitations", workspace_id=home, role="viewer")
    for by, where in ((caller, home), (world.alice, world.workspace)):
        robot = await by.made(f"/v1/{ROBOTS}", workspace_id=where, name="robot", role="editor")
        await by.made(f"/v1/{ROBOTS}/{robot['id']}/keys", name="robot's")
    third = (await world.alice.made("/v1/workspaces", name="third"))["id"]
    tokens = [(await world.alice.made("/v1/invitations", workspace_id=third, role="editor"))["token"] for _ in range(2)]
    revoked = UUID(tokens[0].partition(".")[0])
    assert (await world.alice.call("DELETE", f"/v1/invitations/{revoked}")).status_code == 204
    for number in range(3):
        rows = {"workspaces": UUID(home), "users": caller.id}
        for name in MADE:
            new = body(MODELS[name], MODELS[name].__create__, rows)
            rows[name] = UUID((await caller.made(f"/v1/{name}", **new))["id"])
        owner.execute("select nextval('worlds.requests')")  # what goes to the bin together is known by its moment
        for name in MADE[::-1][: number * len(MADE) // 2]:
            assert (await caller.call("DELETE", f"/v1/{name}/{rows[name]}")).status_code in {204, 404, 405}
    mine = (await caller.made("/v1/notes", title="note"))["id"]
    await shared(world.alice, caller, f"/v1/notes/{mine}/shares", role="writer")
    await caller.made(f"/v1/notes/{mine}/shares")
    theirs = [(await world.alice.made("/v1/notes", title="note"))["id"] for _ in range(2)]
    await shared(caller, world.alice, f"/v1/notes/{theirs[0]}/shares", role="writer")
    tokens.append((await world.alice.made(f"/v1/notes/{theirs[1]}/shares"))["token"])
    form = {"username": email, "password": PASSWORD}
    signed_in = [(await served.client.post("/v1/auth/token", data=form)).json()["refresh_token"] for _ in range(3)]
    return Caller(caller.id, role, email, world.workspace, tokens, signed_in, {}, {}, {})
