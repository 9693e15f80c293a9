"""Round trips of a request, counted on the wire: every route of the API is one, a handler of n statements n + 1."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from fastapi import APIRouter
from sqlmodel import select

from api.deps import Tx
from db.models.notes import Note
from tests.counting import counting
from tests.db.counted import TIMES, Counted, Rows, every_route
from tests.notes import Owner, person_with_notes
from tests.people import Person, person
from tests.server import Database

router = APIRouter()


@router.get("/mine/{n}")
async def mine(n: int, tx: Tx) -> list[str]:
    """A user's own route: plain SQLModel, no filter."""
    found: list[str] = []
    for _ in range(n):
        found = [note.title for note in (await tx.scalars(select(Note))).all()]
    return found


@pytest.fixture(scope="module")
async def counted(database: Database) -> AsyncIterator[Counted]:
    """A connection each."""
    async with counting(database, router) as (served, wire, auth):
        yield Counted(served.client, wire, auth)


@pytest.fixture
def alice(counted: Counted, owner: Owner) -> Person:
    return person("alice", counted.client, owner)


async def test_no_request_about_a_note_costs_a_second_round_trip(counted: Counted, alice: Person) -> None:
    await every_route(counted, alice, Rows("notes", {"title": "note"}, {"title": "changed"}))


async def test_no_request_about_a_task_costs_a_second_round_trip(counted: Counted, alice: Person) -> None:
    workspace = (await counted.trips(alice, "POST", "/v1/workspaces", {"name": "w"}, 201))["id"]
    project = (await counted.trips(alice, "POST", "/v1/projects", {"workspace_id": workspace, "name": "p"}, 201))["id"]
    new = {"workspace_id": workspace, "project_id": project, "title": "task"}
    await every_route(counted, alice, Rows("tasks", new, {"status": "done"}, f"?workspace_id={workspace}"))


async def test_no_request_about_a_project_or_comment_costs_a_second_round_trip(counted: Counted, alice: Person) -> None:
    workspace = (await counted.trips(alice, "POST", "/v1/workspaces", {"name": "w"}, 201))["id"]
    new = {"workspace_id": workspace, "name": "p"}
    await every_route(counted, alice, Rows("projects", new, {"name": "changed"}, f"?workspace_id={workspace}"))
    project = (await counted.trips(alice, "POST", "/v1/projects", new, 201))["id"]
    new = {"workspace_id": workspace, "project_id": project, "title": "t"}
    task = (await counted.trips(alice, "POST", "/v1/tasks", new, 201))["id"]
    new = {"workspace_id": workspace, "task_id": task, "body": "comment"}
    await every_route(counted, alice, Rows("comments", new, {"body": "changed"}, f"?task_id={task}"))


async def test_no_request_about_a_workspace_costs_a_second_round_trip(counted: Counted, alice: Person) -> None:
    await every_route(counted, alice, Rows("workspaces", {"name": "w"}, {"name": "changed"}))


async def test_no_request_about_members_costs_a_second_round_trip(counted: Counted, alice: Person, owner: Owner) -> None:
    workspace = (await counted.trips(alice, "POST", "/v1/workspaces", {"name": "w"}, 201))["id"]
    within = f"?workspace_id={workspace}"
    for _ in range(TIMES):
        bob = person("bob", counted.client, owner)
        invited = await counted.trips(alice, "POST", "/v1/invitations", {"workspace_id": workspace, "role": "viewer"}, 201)
        await counted.trips(alice, "GET", f"/v1/invitations/{invited['id']}")
        await counted.trips(alice, "GET", f"/v1/invitations{within}")
        made = await counted.trips(bob, "POST", "/v1/invitations/accept", {"token": invited["token"]}, 201)
        await counted.trips(bob, "GET", f"/v1/memberships{within}")
        await counted.trips(bob, "GET", f"/v1/memberships/{made['id']}")
        await counted.trips(alice, "PATCH", f"/v1/memberships/{made['id']}", {"role": "editor"})
        await counted.trips(alice, "DELETE", f"/v1/memberships/{made['id']}", status=204)
        await counted.trips(alice, "DELETE", f"/v1/invitations/{invited['id']}", status=204)


async def test_no_request_about_a_share_costs_a_second_round_trip(counted: Counted, alice: Person, owner: Owner) -> None:
    note = (await counted.trips(alice, "POST", "/v1/notes", {"title": "note"}, 201))["id"]
    shares = f"/v1/notes/{note}/shares"
    for _ in range(TIMES):
        bob = person("bob", counted.client, owner)
        offer = await counted.trips(alice, "POST", shares, {"role": "writer"}, 201)
        await counted.trips(bob, "POST", "/v1/notes/shares/accept", {"token": offer["token"]}, 201)
        for who in (alice, bob):
            assert len((await counted.trips(who, "GET", shares))["items"]) == 1
            await counted.trips(who, "GET", f"{shares}/{offer['id']}")
            await counted.trips(who, "GET", f"/v1/notes/{note}")
            await counted.trips(who, "PATCH", f"/v1/notes/{note}", {"title": "changed"})
        assert len((await counted.trips(bob, "GET", "/v1/notes/shared"))["items"]) == 1
        await counted.trips(bob, "DELETE", f"/v1/notes/{note}", status=404)
        await counted.trips(alice, "DELETE", f"{shares}/{offer['id']}", status=204)


async def test_no_request_about_me_or_no_row_costs_a_second_round_trip(counted: Counted, alice: Person) -> None:
    nowhere = f"/v1/notes/{alice.id}"
    for _ in range(TIMES):
        await counted.trips(alice, "GET", "/v1/me")
        await counted.trips(alice, "PATCH", "/v1/me", {"name": "changed"})
        for method, json in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
            await counted.trips(alice, method, nowhere, json, 404)


async def test_signing_in_costs_no_more_than_reading_a_hash_and_starting_a_session(counted: Counted) -> None:
    new = {"email": f"{uuid4().hex}@example.com", "password": "correct horse", "name": "somebody"}
    form = {"username": new["email"], "password": new["password"]}
    renewal: dict[str, str] = {}
    for _ in range(TIMES):
        # Between the two of a sign-in the password is verified, and no connection held.
        for path, body, trips in (("signup", {"json": new}, 1), ("token", {"data": form}, 2), ("refresh", None, 1)):
            counted.auth.reset()
            counted.wire.reset()
            response = await counted.client.post(f"/v1/auth/{path}", **(body or {"json": renewal}))  # type: ignore[arg-type]
            assert response.is_success, response.text
            assert (counted.auth.round_trips, counted.wire.round_trips) == (trips, 0)
            renewal = {"refresh_token": response.json().get("refresh_token")}


@pytest.mark.parametrize("n", [1, 2, 5])
async def test_a_handler_of_n_statements_cannot_cost_more_or_see_more(counted: Counted, owner: Owner, n: int) -> None:
    people = {name: Person(name, person_with_notes(owner, f"{name}'s"), counted.client) for name in ("alice", "bob")}
    for _ in range(TIMES):
        for name, who in people.items():
            counted.wire.reset()
            response = await who.call("GET", f"/mine/{n}")
            assert (response.status_code, response.json()) == (200, [f"{name}'s"])
            assert (counted.wire.round_trips, counted.wire.connections) == (n + 1, 0)
