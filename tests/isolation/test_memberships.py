"""Nobody becomes a member without accepting, nobody promotes itself, and a workspace keeps an owner, by any statement."""

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.isolation.conftest import Hire, only_owner
from tests.isolation.session import acting, outcome
from tests.people import Person
from tests.server import Database


async def role_of(who: Person, membership: UUID) -> str | None:
    """What a member sees the role to be."""
    response = await who.call("GET", f"/v1/memberships/{membership}")
    return response.json().get("role")  # type: ignore[no-any-return]


# Who may give whom which role: (actor, target's role, new role) -> what is needed, or nothing.
CHANGES = [
    ("owner", "viewer", "owner", None), ("owner", "admin", "viewer", None), ("owner", "owner", "viewer", None),
    ("admin", "viewer", "editor", None), ("admin", "editor", "viewer", None), ("admin", "viewer", "admin", "owner"),
    ("admin", "viewer", "owner", "owner"), ("admin", "admin", "viewer", "owner"), ("admin", "owner", "viewer", "owner"),
    ("editor", "viewer", "editor", "admin"), ("editor", "editor", "viewer", "admin"), ("editor", "viewer", "owner", "owner"),
    ("viewer", "viewer", "editor", "admin"), ("viewer", "admin", "viewer", "owner"),
]  # fmt: skip


@pytest.mark.parametrize(("actor", "old", "new", "needed"), CHANGES, ids=str)
async def test_change_of_role_takes_a_higher_one(hire: Hire, actor: str, old: str, new: str, needed: str | None) -> None:
    (who, _), (_, target) = await hire(actor), await hire(old)
    response = await who.call("PATCH", f"/v1/memberships/{target}", {"role": new})
    if needed:
        assert (response.status_code, response.json()["needed"]) == (403, needed)
        assert await role_of(who, target) == old
    else:
        assert response.status_code == 200
        assert await role_of(who, target) == new


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
async def test_nobody_promotes_itself(hire: Hire, role: str) -> None:
    who, mine = await hire(role)
    response = await who.call("PATCH", f"/v1/memberships/{mine}", {"role": "owner"})
    assert (response.status_code, response.json()["needed"]) == (403, "owner")
    assert await role_of(who, mine) == role


@pytest.mark.parametrize(
    ("actor", "target", "needed"),
    [("owner", "admin", None), ("admin", "editor", None), ("admin", "admin", "owner"), ("admin", "owner", "owner"),
     ("editor", "viewer", "admin"), ("viewer", "editor", "admin")],
)  # fmt: skip
async def test_removal_takes_a_higher_role(hire: Hire, actor: str, target: str, needed: str | None) -> None:
    (who, _), (removed, membership) = await hire(actor), await hire(target)
    response = await who.call("DELETE", f"/v1/memberships/{membership}")
    assert response.status_code == (403 if needed else 204)
    assert (await removed.call("GET", f"/v1/memberships/{membership}")).status_code == (200 if needed else 404)


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
async def test_leaving_works_and_ends_access_at_once(founder: tuple[Person, str], hire: Hire, role: str) -> None:
    who, mine = await hire(role)
    assert (await who.call("GET", f"/v1/workspaces/{founder[1]}")).status_code == 200
    assert (await who.call("DELETE", f"/v1/memberships/{mine}")).status_code == 204
    assert (await who.call("GET", f"/v1/workspaces/{founder[1]}")).status_code == 404


async def test_last_owner_neither_leaves_nor_steps_down(founder: tuple[Person, str]) -> None:
    mine = await only_owner(founder)
    for answer in (
        await founder[0].call("DELETE", f"/v1/memberships/{mine}"),
        await founder[0].call("PATCH", f"/v1/memberships/{mine}", {"role": "admin"}),
    ):
        assert (answer.status_code, answer.json()["detail"]) == (409, "A workspace keeps at least one owner.")
    assert await role_of(founder[0], mine) == "owner"


@pytest.mark.parametrize("statement", ["delete from app.memberships", "update app.memberships set role = 'viewer'"])
async def test_blind_statement_keeps_an_owner(
    founder: tuple[Person, str], hire: Hire, database: Database, statement: str
) -> None:
    """Two owners, one statement over both rows: a check per row alone would let each count the other."""
    await hire("owner")
    with acting(database.api, founder[0].id, commit=True) as session:
        assert outcome(session, statement) in {"23001", "42501"}
    rows = (await founder[0].call("GET", f"/v1/memberships?workspace_id={founder[1]}")).json()["items"]
    assert [row["role"] for row in rows] == ["owner", "owner"]


async def test_two_owners_leaving_at_once_leave_one(founder: tuple[Person, str], hire: Hire, database: Database) -> None:
    other, theirs = await hire("owner")
    mine = await only_owner(founder)

    def leave(who: UUID, membership: UUID) -> str | int:
        with acting(database.api, who, commit=True) as session:
            gone = outcome(session, f"delete from app.memberships where id = '{membership}'")
            session.execute("select pg_sleep(0.2)")  # both have begun before either commits
            return gone

    answers = await asyncio.gather(asyncio.to_thread(leave, founder[0].id, mine), asyncio.to_thread(leave, other.id, theirs))
    assert sorted(map(str, answers)) == ["1", "23001"]


async def test_nobody_is_made_a_member_by_insert(founder: tuple[Person, str], hire: Hire, database: Database) -> None:
    stranger = (await hire("viewer"))[0]
    insert = f"insert into app.memberships (workspace_id, user_id, role) values ('{founder[1]}', '{stranger.id}', 'owner')"
    for who in (founder[0], stranger):
        with acting(database.api, who.id) as session:
            assert outcome(session, insert) == "42501"


async def test_membership_names_who_accepted(hire: Hire, owner: psycopg.Connection[Any]) -> None:
    member, membership = await hire("viewer")
    made = owner.execute("select created_by, updated_by from app.memberships where id = %s", [membership]).fetchone()
    assert made == (member.id, member.id)


async def test_guards_do_not_stand_in_the_way_of_work_by_hand(
    founder: tuple[Person, str], hire: Hire, database: Database
) -> None:
    """Past row security there is nobody to compare with, and an erased person's memberships go as the tables' owner."""
    member, membership = await hire("viewer")
    with psycopg.connect(database.owner) as session:
        assert outcome(session, f"update app.memberships set role = 'admin' where id = '{membership}'") == 1
        values = f"'{founder[1]}', 'owner', sha256('by hand')"
        assert outcome(session, f"insert into app.invitations (workspace_id, role, token_hash) values ({values})") == 1
        assert outcome(session, f"delete from app.users where id = '{member.id}'") == 1
        assert outcome(session, f"select from app.memberships where id = '{membership}'") == 0
        assert outcome(session, f"delete from app.users where id = '{founder[0].id}'") == 1, "the last owner"
        assert outcome(session, f"select from app.workspaces where id = '{founder[1]}'") == 1, "not theirs to take along"
        session.rollback()
