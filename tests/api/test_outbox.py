"""A mail is sent once: retried while it surely was not taken, and never again where nobody knows."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api import smtp
from tests.devices import PASSWORD
from tests.faults.settled import until
from tests.notes import Owner
from tests.postbox import postbox
from tests.server import Database
from tests.serving import serving

STATE = "select tries, due_at is not null, claimed_at is not null, sent_at is not null, id from auth.mails where address = %s"


def through(url: str) -> dict[str, Any]:
    """Settings that send through this server, and look for mails often."""
    return {"smtp_url": url, "mail_from": "no-reply@rowkeep.example", "verify_email": True, "mail_seconds": 0.05}


async def signed_up(client: httpx.AsyncClient) -> str:
    email = f"{uuid4().hex}@example.com"
    new = {"email": email, "password": PASSWORD, "name": "Ada"}
    assert (await client.post("/v1/auth/signup", json=new)).status_code == 201
    return email


async def state(owner: Owner, email: str, wanted: tuple[Any, ...]) -> UUID:
    """Waits for tries, due, claimed, sent; answers the mail's key."""
    await until(lambda: (owner.execute(STATE, [email]).fetchone() or ())[:4] == wanted)
    return UUID(str((owner.execute(STATE, [email]).fetchone() or ())[4]))


async def test_mail_is_sent_once_by_several_processes(own_database: Database) -> None:
    async with (
        postbox() as box,
        serving(own_database, **through(box.url)) as one,
        serving(own_database, **through(box.url)) as two,
    ):
        emails = [await signed_up(served.client) for served in (one, two) * 10]
        await until(lambda: len(box.mails) >= len(emails))
        ids = [mail["Message-ID"] for mail in box.mails]
        assert sorted(mail["To"] for mail in box.mails) == sorted(emails)
        assert len(set(ids)) == len(ids)


async def test_message_id_is_the_key_of_the_row_and_no_token_is_stored(database: Database, owner: Owner) -> None:
    async with postbox() as box, serving(database, **through(box.url)) as served:
        email = await signed_up(served.client)
        token = await box.token(email)
        key = await state(owner, email, (1, False, True, True))
        mail = await box.to(email)
        assert (mail["Message-ID"], mail["From"]) == (f"<{key}@rowkeep.example>", "no-reply@rowkeep.example")
        row = owner.execute("select m::text from auth.mails m where id = %s", [key]).fetchone()
        assert row is not None and token not in row[0] and PASSWORD not in row[0]


async def test_refused_for_a_while_is_sent_later(database: Database, owner: Owner, caplog: pytest.LogCaptureFixture) -> None:
    async with postbox() as box, serving(database, **through(box.url)) as served:
        box.refusals = ["451 later", "421 not now"]
        email = await signed_up(served.client)
        for tries in (1, 2):
            await state(owner, email, (tries, True, False, False))
            owner.execute("update auth.mails set due_at = now() where address = %s", [email])
        await state(owner, email, (3, False, True, True))
        assert len(box.mails) == 1
        assert email not in caplog.text


async def test_server_that_is_not_there_is_tried_again(database: Database, owner: Owner) -> None:
    async with postbox() as box:
        gone = box.url
    async with serving(database, **through(gone)) as served:
        email = await signed_up(served.client)
        await state(owner, email, (1, True, False, False))
    async with postbox() as box, serving(database, **through(box.url)):
        owner.execute("update auth.mails set due_at = now() where address = %s", [email])
        assert (await box.to(email))["Subject"] == "Verify your address"


async def test_server_that_hangs_after_it_has_the_mail_gets_it_no_second_time(
    database: Database, owner: Owner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(smtp.Smtp.__init__, "__kwdefaults__", {"seconds": 1.0})
    async with postbox() as box, serving(database, **through(box.url)) as served:
        box.hangs = True
        email = await signed_up(served.client)
        await until(lambda: "nobody knows" in caplog.text)
        await state(owner, email, (1, False, True, False))
        box.hangs = False
        other = await signed_up(served.client)  # the sender goes on
        await box.to(other)
        assert [mail["To"] for mail in box.mails].count(email) == 1


async def test_process_that_died_between_leaves_a_trace_and_no_second_mail(database: Database, owner: Owner) -> None:
    async with postbox() as box:
        async with serving(database, **through(box.url)) as served:
            box.hangs = True
            email = await signed_up(served.client)
            await box.hung.wait()
        box.hangs = False
        async with serving(database, **through(box.url)) as served:
            await box.to(await signed_up(served.client))
            key = await state(owner, email, (1, False, True, False))
            assert [mail["Message-ID"] for mail in box.mails if mail["To"] == email] == [f"<{key}@rowkeep.example>"]


async def test_refused_for_good_is_not_tried_again(database: Database, owner: Owner) -> None:
    async with postbox() as box, serving(database, **through(box.url)) as served:
        box.refusals = ["550 nobody here"]
        email = await signed_up(served.client)
        await state(owner, email, (1, False, True, False))
        await box.to(await signed_up(served.client))
        assert email not in {mail["To"] for mail in box.mails}


async def test_without_a_server_mails_are_printed(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    shown: list[str] = []

    def printed() -> bool:
        shown.append(capsys.readouterr().out)
        return "---\n" in "".join(shown)

    async with serving(database, verify_email=True) as served:
        email = await signed_up(served.client)
        await until(printed)
    assert f"To: {email}" in "".join(shown) and "/password#token=" in "".join(shown)
