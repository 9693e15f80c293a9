"""DELETE /v1/me takes the person and what is theirs alone, names nobody where they wrote, and changes nothing else anywhere."""

import asyncio
from uuid import uuid4

import httpx
import pytest

from tests.devices import PASSWORD
from tests.leaver import Leaver, everything, leaver, people_in, spelled
from tests.notes import Owner
from tests.people import joined, person


@pytest.fixture
async def ada(client: httpx.AsyncClient, owner: Owner) -> Leaver:
    """With all that somebody may have."""
    return await leaver(client, owner)


async def test_leaving_takes_ones_own_rows_and_nobody_elses(ada: Leaver, owner: Owner) -> None:
    me, gone = str(ada.person.id), {("app.users", "id"), *people_in(owner, "c")}
    nulled = people_in(owner, "n")
    before = everything(owner)
    for table, column in {*gone, *nulled}:
        if table.startswith("app."):
            assert any(row[column] == me for row in before[table]), f"{table}.{column}: no row of hers, so nothing is shown"
    expected = {}
    for table, rows in before.items():
        kept = [
            row
            for row in rows
            if not any(row[column] == me for name, column in gone if name == table)
            and row.get("workspace_id", row["id"] if table == "app.workspaces" else None) not in ada.alone
        ]
        names = [column for name, column in nulled if name == table]
        expected[table] = [row | {name: None for name in names if row[name] == me} for row in kept]
    opened = [row["id"] for table in ("app.sessions", "app.keys") for row in before[table] if row["owner_id"] == me]
    assert len(opened) == 3

    assert (await ada.leave()).status_code == 204

    after = everything(owner)
    ended = [row for row in after["auth.revocations"] if row["session_id"] in opened]
    assert len(ended) == 3
    after["auth.revocations"] = [row for row in after["auth.revocations"] if row not in ended]
    assert after.keys() == expected.keys()
    for table, rows in expected.items():
        assert spelled(after[table]) == spelled(rows), table
    assert me not in str(after)
    await ada.device.stops()
    assert (await ada.device.refreshed()).status_code == 401
    form = {"username": ada.email, "password": PASSWORD}
    assert (await ada.device.client.post("/v1/auth/token", data=form)).status_code == 401


async def test_leaving_takes_the_password(ada: Leaver, owner: Owner) -> None:
    before = everything(owner)
    refused = await ada.leave("wrong")
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "#/password")
    assert everything(owner) == before


async def test_last_owner_cannot_leave_others_behind(ada: Leaver, client: httpx.AsyncClient, owner: Owner) -> None:
    """Nothing at all has happened when it is refused, and the answer names the workspaces."""
    vic = person("vic", client, owner)
    kept = (await ada.person.made("/v1/workspaces", name="kept"))["id"]
    bin_kept = (await ada.person.made("/v1/workspaces", name="kept in the bin"))["id"]
    for workspace in (kept, bin_kept):
        await joined(vic, ada.person, workspace, "admin")
    assert (await ada.person.call("DELETE", f"/v1/workspaces/{bin_kept}")).status_code == 204
    before = everything(owner)
    refused = await ada.leave()
    assert refused.status_code == 409
    named = {each["workspace_id"]: each["detail"] for each in refused.json()["errors"]}
    assert named == {kept: "kept has no other owner.", bin_kept: "A workspace in the bin has no other owner."}
    assert everything(owner) == before
    for workspace in (kept, bin_kept):
        vics = next(
            row["id"] for row in before["app.memberships"] if (row["user_id"], row["workspace_id"]) == (str(vic.id), workspace)
        )
        assert (await ada.person.call("PATCH", f"/v1/memberships/{vics}", {"role": "owner"})).status_code == 200
    assert (await ada.leave()).status_code == 204


async def test_two_owners_who_leave_at_once_leave_no_workspace_without_one(
    ada: Leaver, client: httpx.AsyncClient, owner: Owner
) -> None:
    third, vic = person("third", client, owner), person("vic", client, owner)
    workspace = (await ada.person.made("/v1/workspaces", name="two owners"))["id"]
    mine = await joined(third, ada.person, workspace, "owner")
    await joined(vic, ada.person, workspace, "viewer")
    answers = await asyncio.gather(ada.leave(), third.call("DELETE", f"/v1/memberships/{mine}"))
    assert sorted(answer.status_code for answer in answers) == [204, 409]
    count = "select count(*) from app.memberships where workspace_id = %s and role = 'owner'"
    assert owner.execute(count, [workspace]).fetchone() == (1,)


async def test_stranger_without_a_token_leaves_nobody(client: httpx.AsyncClient) -> None:
    refused = await client.request("DELETE", "/v1/me", json={"password": uuid4().hex})
    assert refused.status_code == 401
