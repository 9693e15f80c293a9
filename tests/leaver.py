"""Somebody about to leave, with as awkward a life in the tables as there is, and all tables as a superuser sees them."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg

from db.models import metadata
from tests.devices import PASSWORD, Device
from tests.people import Person, joined, person
from tests.people import shared as shared_by
from tests.samples import ISOLATED, MODELS, at, body

Owner = psycopg.Connection[Any]
Rows = dict[str, list[dict[str, Any]]]
MADE = [
    table.name
    for table in metadata.sorted_tables
    if table.name in ISOLATED and MODELS[table.name].__create__ and "create" in MODELS[table.name].__routes__
]

SHARED = [name for name in MADE if "shared" in MODELS[name].__access__.split()]
KEYS = """
select conrelid::regclass::text, attname from pg_constraint join pg_attribute on attrelid = conrelid and attnum = conkey[1]
where contype = 'f' and confrelid = 'app.users'::regclass and confdeltype = %s"""


@dataclass
class Leaver:
    """The person, where they are signed in, and their workspaces."""

    person: Person
    device: Device
    email: str
    alone: list[str]
    shared: str

    async def leave(self, password: str = PASSWORD) -> httpx.Response:
        """DELETE /v1/me."""
        headers = {"Authorization": f"Bearer {self.device.access}"}
        return await self.device.client.request("DELETE", "/v1/me", json={"password": password}, headers=headers)


async def made(who: Person, workspace: str) -> dict[str, UUID]:
    """A live and a binned row of every table in this workspace, and of tables that are the person's own; answers the live."""
    live = {"workspaces": UUID(workspace), "users": who.id}
    for name in MADE:
        live[name] = UUID((await who.made(at(name), **body(MODELS[name], MODELS[name].__create__, live)))["id"])
    for name in MADE:
        binned = (await who.made(at(name), **body(MODELS[name], MODELS[name].__create__, live)))["id"]
        assert (await who.call("DELETE", f"{at(name)}/{binned}")).status_code == 204, name
    return live


async def leaver(client: httpx.AsyncClient, owner: Owner) -> Leaver:
    """Owns a workspace alone and one with alice, is a member of hers, was a member of another, and is signed in twice."""
    email = f"{uuid4().hex}@example.com"
    await client.post("/v1/auth/signup", json={"email": email, "password": PASSWORD, "name": "Ada"})
    form = {"username": email, "password": PASSWORD}
    device, other = [Device(client, (await client.post("/v1/auth/token", data=form)).json()) for _ in range(2)]
    await other.renew()
    found = owner.execute("select user_id from auth.credentials where email = %s", [email]).fetchone()
    assert found is not None
    ada = Person("ada", found[0], client)
    # Of her own, since what others of these tests may see is counted elsewhere.
    alice, erin, mallory = (person(name, client, owner) for name in ("alice", "erin", "mallory"))
    hers = (await alice.made("/v1/workspaces", name="hers"))["id"]

    alone, shared, binned = [(await ada.made("/v1/workspaces", name=name))["id"] for name in ("alone", "shared", "binned")]
    assert (await ada.call("DELETE", f"/v1/workspaces/{binned}")).status_code == 204
    former = await joined(mallory, ada, alone, "editor")
    await made(mallory, alone)
    assert (await mallory.call("DELETE", f"/v1/memberships/{former}")).status_code == 204
    await joined(alice, ada, shared, "owner")
    await joined(erin, ada, shared, "viewer")
    await joined(ada, alice, hers, "editor")
    await joined(person("fay", client, owner), alice, hers, "viewer")
    left = (await mallory.made("/v1/workspaces", name="left"))["id"]
    membership = await joined(ada, mallory, left, "admin")
    mine, *_ = [await made(ada, workspace) for workspace in (alone, shared, hers, left)]
    for workspace in (alone, shared, left):
        await ada.made("/v1/invitations", workspace_id=workspace, role="viewer")
    assert (await ada.call("DELETE", f"/v1/memberships/{membership}")).status_code == 204
    theirs = await made(alice, shared)
    assert (await ada.call("PATCH", f"/v1/projects/{theirs['projects']}", {"name": "ada was here"})).status_code == 200
    await ada.made("/v1/me/keys", name="a key")
    assert (await ada.call("PATCH", "/v1/me", {"name": "Ada the leaver"})).status_code == 200
    assert (await ada.call("PATCH", f"/v1/workspaces/{shared}", {"name": "shared by two"})).status_code == 200
    for name in SHARED:
        for holder, by, row in ((alice, ada, mine[name]), (ada, alice, theirs[name])):
            await shared_by(holder, by, f"{at(name)}/{row}/shares")
    # As the end of the next session would.
    owner.execute("delete from auth.revocations where created_at < now() - interval '2 days'")
    # No request makes a person in one's name; a migration might.
    owner.execute("update app.users set created_by = %s where id = %s", [ada.id, erin.id])
    return Leaver(ada, device, email, [alone, binned], shared)


def everything(owner: Owner) -> Rows:
    """Every row of every table of ours, from the catalog, but for the counts of guesses: a password was asked for."""
    tables = owner.execute(
        "select oid::regclass::text from pg_class where relkind in ('r', 'p') "
        "and relnamespace::regnamespace::text in ('app', 'auth', 'audit', 'seal') and oid <> 'auth.attempts'::regclass"
    ).fetchall()
    return {
        name: [row for (row,) in owner.execute(f"select to_jsonb(t) from {name} t order by t".encode())] for (name,) in tables
    }


def people_in(owner: Owner, action: str) -> list[tuple[str, str]]:
    """Table and column of every foreign key to a person with this action, `c` for cascade or `n` for null."""
    return owner.execute(KEYS, [action]).fetchall()


def spelled(rows: list[dict[str, Any]]) -> list[str]:
    """Comparable."""
    return sorted(json.dumps(row, sort_keys=True) for row in rows)
