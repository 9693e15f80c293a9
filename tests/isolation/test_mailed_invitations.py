"""An invitation is mailed by who made it, while it is open; its token is in the mail alone."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest

from db.transaction import person
from tests.isolation.session import bound
from tests.people import Person, World
from tests.people import person as somebody
from tests.policies.catalog import Connection, rows
from tests.postbox import Postbox, postbox
from tests.server import Database
from tests.serving import serving

MAIL = "select auth.mail_invitation(%s, %s, gen_random_uuid())"


@pytest.fixture
async def mailed(database: Database) -> AsyncIterator[tuple[httpx.AsyncClient, Postbox]]:
    """An API that sends mails, and where they come."""
    async with postbox() as box:
        made = {"smtp_url": box.url, "mail_from": "no-reply@rowkeep.example", "mail_seconds": 0.05}
        async with serving(database, **made) as served:
            yield served.client, box


async def test_invitation_is_accepted_by_who_reads_the_mail(
    mailed: tuple[httpx.AsyncClient, Postbox], world: World, owner: Connection
) -> None:
    client, box = mailed
    adam = Person("adam", world.adam.id, client)
    known: str = rows(owner, "select email from auth.credentials where user_id = %s", world.mallory.id)[0]
    shapes = []
    for there in (known, f"{uuid4().hex}@example.com"):
        new = {"workspace_id": world.workspace, "role": "viewer", "email": there}
        answer = await adam.call("POST", "/v1/invitations/mail", new)
        shapes.append((answer.status_code, sorted(answer.json()), sorted(answer.headers)))
        token = await box.token_like(there, r"#token=([\w.-]+)")
        assert token not in answer.text and "token" not in answer.json()
        guest = somebody("guest", client, owner)
        assert (await guest.call("POST", "/v1/invitations/accept", {"token": token})).status_code == 201
        assert (await guest.call("POST", "/v1/invitations/accept", {"token": token})).status_code == 404
        password = {"token": token.partition(".")[2], "password": "a password of mine"}
        assert (await client.post("/v1/auth/password", json=password)).status_code == 422, "it is for nothing else"
    assert shapes[0] == shapes[1]
    assert shapes[0][0] == 201


@pytest.mark.parametrize(("who", "status"), [("erin", 403), ("vic", 403), ("mallory", 404)])
async def test_who_may_not_invite_mails_nobody(world: World, owner: Connection, who: str, status: int) -> None:
    new = {"workspace_id": world.workspace, "role": "viewer", "email": f"{uuid4().hex}@example.com"}
    assert (await world.person(who).call("POST", "/v1/invitations/mail", new)).status_code == status
    assert rows(owner, "select count(*) from auth.mails where address = %s", new["email"]) == [0]
    wrong = await world.person(who).call("POST", "/v1/invitations/mail", {**new, "email": "x"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "#/email")


async def invited(world: World, owner: Connection) -> UUID:
    """Adam's."""
    made = "insert into app.invitations (workspace_id, role, token_hash, created_by) values (%s, 'viewer', %s, %s) returning id"
    found: UUID = rows(owner, made, world.workspace, uuid4().bytes * 2, world.adam.id)[0]
    return found


async def test_invitation_of_another_is_mailed_by_nobody(world: World, database: Database, owner: Connection) -> None:
    invitation = await invited(world, owner)
    for who, sent in ((world.alice, False), (world.mallory, False), (world.adam, True)):
        with bound(database.auth, person(who.id, "app_auth")) as session:
            assert rows(session, MAIL, invitation, "x@example.com") == [sent]
            assert rows(session, MAIL, uuid4(), "x@example.com") == [False]


async def test_mailed_invitations_an_hour_are_few(world: World, database: Database, owner: Connection) -> None:
    owner.execute("delete from auth.mails")
    invitation, other = (
        await invited(world, owner),
        "insert into auth.mails (kind, address, user_id) values ('reset', 'x@y', %s)",
    )
    for age, sent in (("0 minutes", 20), ("61 minutes", 20), ("0 minutes", 0)):
        owner.execute(f"update auth.mails set created_at = now() - interval '{age}'".encode())
        for who in (world.adam, world.vic):
            owner.execute(other, [who.id])
        owner.execute("insert into auth.mails (kind, address, user_id) values ('invitation', 'x@y', %s)", [world.vic.id])
        with bound(database.auth, person(world.adam.id, "app_auth")) as session:
            answers = [rows(session, MAIL, invitation, "x@example.com")[0] for _ in range(21)]
            session.execute("commit")
        assert sum(answers) == sent
    owner.execute("delete from auth.mails")


async def test_hash_of_a_closed_invitation_is_handed_out_to_no_sender(
    world: World, database: Database, owner: Connection
) -> None:
    owner.execute("delete from auth.mails")
    for change, known in (("accepted_at = null", True), ("accepted_at = now()", False)):
        invitation = await invited(world, owner)
        with bound(database.auth, person(world.adam.id, "app_auth")) as session:
            assert rows(session, MAIL, invitation, "x@example.com") == [True]
            session.execute("commit")
        owner.execute(f"update app.invitations set {change} where id = %s".encode(), [invitation])
        hashed = "select token_hash = (select token_hash from app.invitations where id = %s) from auth.mails where about = %s"
        assert rows(owner, hashed, invitation, invitation) == [None]
        with bound(database.auth, person(world.adam.id, "app_auth")) as session:
            session.execute("commit")
            assert rows(session, "select token_hash is not null, about from auth.claim_mails()") == [(known, invitation)]
