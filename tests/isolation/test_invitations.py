"""An invitation makes whoever holds its token a member, once, in time, and in a role at most the inviter's."""

from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.isolation.conftest import Hire
from tests.isolation.session import acting, outcome
from tests.people import Person, person
from tests.server import Database

Founder = tuple[Person, str]


@pytest.fixture
def guest(client: httpx.AsyncClient, owner: psycopg.Connection[Any]) -> Person:
    """Somebody with a token in hand."""
    return person("guest", client, owner)


async def invited(by: Person, workspace: str, role: str = "viewer") -> dict[str, Any]:
    """An invitation with its token."""
    return await by.made("/v1/invitations", workspace_id=workspace, role=role)


async def accept(who: Person, token: str) -> httpx.Response:
    """Tries a token."""
    return await who.call("POST", "/v1/invitations/accept", {"token": token})


@pytest.mark.parametrize("role", ["viewer", "editor", "admin", "owner"])
@pytest.mark.parametrize("inviter", ["editor", "admin", "owner"])
async def test_role_is_at_most_the_inviters(founder: Founder, hire: Hire, guest: Person, inviter: str, role: str) -> None:
    who = (await hire(inviter))[0]
    response = await who.call("POST", "/v1/invitations", {"workspace_id": founder[1], "role": role})
    if inviter == "owner" or (inviter == "admin" and role != "owner"):
        assert (await accept(guest, response.json()["token"])).json()["role"] == role
    else:
        needed = "owner" if role == "owner" else "admin"
        assert (response.status_code, response.json()["needed"]) == (403, needed)


async def test_token_is_good_once(founder: Founder, guest: Person, hire: Hire) -> None:
    token = (await invited(*founder))["token"]
    assert (await accept(guest, token)).status_code == 201
    other = (await hire("viewer"))[0]
    assert (await accept(other, token)).status_code == 404


async def test_member_does_not_use_up_a_token(founder: Founder, guest: Person, hire: Hire) -> None:
    token = (await invited(*founder))["token"]
    assert (await accept((await hire("viewer"))[0], token)).status_code == 409
    assert (await accept(guest, token)).status_code == 201


async def test_expired_revoked_and_wrong_tokens_are_like_none(
    founder: Founder,
    guest: Person,
    owner: psycopg.Connection[Any],
) -> None:
    expired, revoked, live = [await invited(*founder) for _ in range(3)]
    owner.execute("update app.invitations set expires_at = now() where id = %s", [expired["id"]])
    assert (await founder[0].call("DELETE", f"/v1/invitations/{revoked['id']}")).status_code == 204
    never = await accept(guest, f"{UUID(int=0).hex}.x")
    for token in (
        expired["token"],
        revoked["token"],
        live["token"][:-1],
        live["token"].replace(".", ""),
        "\ud7ff",
        "é.é",
    ):
        answer = await accept(guest, token)
        assert (answer.status_code, answer.content) == (404, never.content)
    assert (await accept(guest, live["token"])).status_code == 201


async def test_binned_workspace_takes_no_members(founder: Founder, guest: Person) -> None:
    token = (await invited(*founder))["token"]
    assert (await founder[0].call("DELETE", f"/v1/workspaces/{founder[1]}")).status_code == 204
    assert (await accept(guest, token)).status_code == 404
    assert (await founder[0].call("POST", f"/v1/workspaces/{founder[1]}/restore")).status_code == 200
    assert (await accept(guest, token)).status_code == 201


@pytest.mark.parametrize("role", ["viewer", "admin"])
@pytest.mark.parametrize("how", ["removed", "demoted", "left"])
async def test_invitation_goes_with_the_right_to_invite(
    founder: Founder, hire: Hire, guest: Person, how: str, role: str
) -> None:
    admin, membership = await hire("admin")
    token = (await invited(admin, founder[1], role))["token"]
    if how == "demoted":
        assert (await founder[0].call("PATCH", f"/v1/memberships/{membership}", {"role": "editor"})).status_code == 200
    else:
        by = admin if how == "left" else founder[0]
        assert (await by.call("DELETE", f"/v1/memberships/{membership}")).status_code == 204
    assert (await accept(guest, token)).status_code == 404


async def test_secret_is_shown_once_and_stored_nowhere(founder: Founder, owner: psycopg.Connection[Any]) -> None:
    made = await invited(*founder)
    secret = made["token"].partition(".")[2]
    for path in (f"/v1/invitations/{made['id']}", f"/v1/invitations?workspace_id={founder[1]}"):
        shown = (await founder[0].call("GET", path)).text
        assert secret not in shown
        assert "token" not in shown
    stored = owner.execute("select i::text from app.invitations i where id = %s", [made["id"]]).fetchone()
    assert stored is not None
    assert secret not in stored[0]


async def test_editors_do_not_see_invitations(founder: Founder, hire: Hire) -> None:
    made = await invited(*founder)
    for role, status in (("editor", 404), ("viewer", 404), ("admin", 200)):
        who = (await hire(role))[0]
        assert (await who.call("GET", f"/v1/invitations/{made['id']}")).status_code == status


async def test_acceptance_cannot_be_forged_by_sql(founder: Founder, guest: Person, database: Database) -> None:
    made = await invited(*founder)
    forged = f"update app.invitations set accepted_by = '{guest.id}', accepted_at = now()"
    guess = f"select * from app.accept_invitation('{made['id']}', '')"
    with acting(database.api, guest.id) as session:
        assert outcome(session, forged) == "42501"
        assert outcome(session, guess) == "P0002"
