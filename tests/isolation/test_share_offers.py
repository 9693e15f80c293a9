"""An offer is for whoever holds its token, once and in time; nothing about it tells whether a person or a row exists."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from tests.isolation.conftest import Hold
from tests.isolation.session import acting, outcome
from tests.isolation.test_http import like_nothing, seen
from tests.people import Person, person
from tests.server import Database

Author = tuple[Person, str]
NO_TOKEN = ["", "x", ".", "0" * 32, f"{'1' * 32}.{'x' * 43}", "é.\u200b", "a" * 200]


async def accept(who: Person, token: str) -> httpx.Response:
    """Tries a token."""
    return await who.call("POST", "/v1/notes/shares/accept", {"token": token})


@pytest.fixture
def guest(client: httpx.AsyncClient, owner: psycopg.Connection[Any]) -> Person:
    """Somebody with a token in hand."""
    return person("guest", client, owner)


async def spoiled(hold: Hold, author: Author, owner: psycopg.Connection[Any], how: str) -> str:
    """The token of an offer that was good once."""
    if how in {"used", "revoked"}:
        return (await hold("reader" if how == "used" else "revoked")).token
    holder = await hold("offered")
    moments = {"old": "created_at = now() - interval '7 days'", "ended": "expires_at = clock_timestamp()"}
    if how in moments:
        owner.execute(f"update app.note_shares set {moments[how]} where id = %s".encode(), [holder.share])
    elif how == "withdrawn":
        path = f"/v1/notes/{author[1]}/shares/{holder.share}"
        assert (await author[0].call("DELETE", path)).status_code == 204
    key, _, secret = holder.token.partition(".")
    swapped = (await hold("offered")).token.partition(".")[2]
    return {"changed": f"{key}.{secret[:-1]}_", "another's": f"{key}.{swapped}", "cut": key}.get(how, holder.token)


@pytest.mark.parametrize("how", ["used", "revoked", "withdrawn", "old", "ended", "changed", "another's", "cut"])
async def test_spoiled_token_is_like_none(
    author: Author, hold: Hold, guest: Person, owner: psycopg.Connection[Any], how: str
) -> None:
    answer = await accept(guest, await spoiled(hold, author, owner, how))
    assert seen(answer) == seen(await accept(guest, f"{uuid4().hex}.nothing"))
    assert answer.status_code == 404
    assert owner.execute("select from app.note_shares where user_id = %s", [guest.id]).rowcount == 0
    assert (await guest.call("GET", f"/v1/notes/{author[1]}")).status_code == 404
    good = await accept(guest, (await hold("offered")).token)
    assert (good.status_code, good.json()["user_id"]) == (201, str(guest.id))
    assert (await guest.call("GET", f"/v1/notes/{author[1]}")).status_code == 200


@pytest.mark.parametrize("token", NO_TOKEN)
async def test_what_is_no_token_is_like_a_wrong_one(guest: Person, token: str) -> None:
    answer = await accept(guest, token)
    assert answer.status_code == (404 if token else 422)
    assert not token or seen(answer) == seen(await accept(guest, f"{uuid4().hex}.nothing"))


async def test_ones_own_offer_is_like_none_and_stays_open(author: Author, hold: Hold) -> None:
    holder = await hold("offered")
    assert (await accept(author[0], holder.token)).status_code == 404
    assert (await accept(holder.who, holder.token)).status_code == 201


async def test_token_is_shown_once_and_stored_by_nobody(author: Author, hold: Hold, owner: psycopg.Connection[Any]) -> None:
    holder, (by, note) = await hold("offered"), author
    path, secret = f"/v1/notes/{note}/shares", holder.token.partition(".")[2]
    for answer in (await by.call("GET", path), await by.call("GET", f"{path}/{holder.share}")):
        assert answer.status_code == 200
        assert secret not in answer.text and "token" not in answer.text
    stored = "select from app.note_shares s where position(%s in s::text) > 0"
    assert owner.execute(stored, [secret]).rowcount == 0
    hashed = "select token_hash from app.note_shares where id = %s"
    assert owner.execute(hashed, [holder.share]).fetchone() != (None,)
    assert (await accept(holder.who, holder.token)).status_code == 201
    assert owner.execute(hashed, [holder.share]).fetchone() == (None,), "a used token is forgotten"


async def test_offer_of_a_hidden_row_is_like_one_of_no_row(author: Author, guest: Person) -> None:
    for json in ({}, {"role": "writer"}, {"expires_at": "2999-01-01T00:00:00Z"}):
        answer = await like_nothing(guest, "POST", "/v1/notes/{id}/shares", UUID(author[1]), json)
        assert seen(answer) == seen(await guest.call("GET", f"/v1/notes/{author[1]}"))
    assert (await like_nothing(guest, "GET", "/v1/notes/{id}/shares", UUID(author[1]))).json()["items"] == []
    assert (await author[0].call("POST", f"/v1/notes/{author[1]}/shares", {})).status_code == 201


@pytest.mark.parametrize("field", ["user_id", "owner_id", "email", "note_id", "token_hash", "created_by", "id"])
async def test_no_route_lets_a_share_name_somebody(author: Author, guest: Person, field: str) -> None:
    """The same refusal for a person who exists, for one who does not, and for words."""
    path = f"/v1/notes/{author[1]}/shares"
    answers = [await author[0].call("POST", path, {field: str(value)}) for value in (guest.id, uuid4(), "ada@example.com")]
    assert {answer.status_code for answer in answers} == {422}
    assert len({answer.content for answer in answers}) == 1


WITHIN = "insert into app.note_shares (note_id, token_hash, {column}) values ('{note}', sha256('x'), '{person}')"


@pytest.mark.parametrize("column", ["user_id", "owner_id", "created_by", "updated_by"])
async def test_no_statement_lets_a_share_name_somebody(author: Author, guest: Person, database: Database, column: str) -> None:
    """Refused by grant, before any key is asked whether that person exists."""
    for who in (guest.id, uuid4()):
        with acting(database.api, author[0].id) as session:
            assert outcome(session, WITHIN.format(column=column, note=author[1], person=who)) == "42501"
            assert outcome(session, f"update app.note_shares set {column} = '{who}'") == "42501"
    plain = f"insert into app.note_shares (note_id, token_hash) values ('{author[1]}', sha256('x'))"
    with acting(database.api, author[0].id) as session:
        assert outcome(session, plain) == 1


async def test_key_to_the_row_tells_nothing_of_hidden_ones(
    author: Author, guest: Person, database: Database, owner: psycopg.Connection[Any]
) -> None:
    answers = []
    for note in (author[1], str(uuid4())):
        insert = f"insert into app.note_shares (note_id, token_hash) values ('{note}', sha256('x'))"
        with acting(database.api, guest.id) as session:
            try:
                session.execute(insert.encode())
            except psycopg.errors.ForeignKeyViolation as error:
                answers.append((str(error).replace(note, ""), error.diag.constraint_name))
    assert len(answers) == 2 and answers[0] == answers[1]
    assert owner.execute("select from app.notes where id = %s", [author[1]]).rowcount == 1


async def test_shares_of_one_person_do_not_meet_anothers(author: Author, hold: Hold) -> None:
    """Nobody's second share of the row is refused because somebody else has one."""
    holders = [await hold("reader"), await hold("writer"), await hold("reader")]
    for holder in holders:
        rows = (await holder.who.call("GET", f"/v1/notes/{author[1]}/shares")).json()["items"]
        assert [row["user_id"] for row in rows] == [str(holder.who.id)]


async def test_definer_that_forgets_its_filter_shows_no_open_offer(
    hold: Hold, guest: Person, owner: psycopg.Connection[Any]
) -> None:
    """As app_owner, whom the functions run as: the caller's own shares, and the offer whose token is shown."""
    holder, mine = await hold("offered"), await hold("reader")
    ids = "select id from app.note_shares"
    with owner.transaction(force_rollback=True):
        owner.execute("set local role app_owner")
        for who, token, found in ((guest, "", []), (mine.who, "", [mine.share]), (guest, holder.token, [holder.share])):
            owner.execute("select set_config('app.current_user_id', %s, true)", [str(who.id)])
            owner.execute("select set_config('app.shown_token', %s, true)", [token.partition(".")[2]])
            assert [row[0] for row in owner.execute(ids)] == found
