"""What sharing a note gives, to whom, and what it never gives: every route, by every kind of person that there is."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.isolation.conftest import KINDS, Hold
from tests.isolation.test_http import like_nothing
from tests.people import Person

Author = tuple[Person, str]
SIGHTED = ["reader", "writer"]
SIGHTLESS = [kind for kind in KINDS if kind not in SIGHTED]


async def listed(who: Person, path: str) -> set[str]:
    """Ids of a list."""
    return {row["id"] for row in (await who.call("GET", path)).json()["items"]}


@pytest.mark.parametrize("kind", SIGHTED)
async def test_holder_reads_what_is_shared(author: Author, hold: Hold, kind: str) -> None:
    who, note = (await hold(kind)).who, author[1]
    mine = (await who.made("/v1/notes", title="mine"))["id"]
    theirs = await who.call("GET", f"/v1/notes/{note}")
    assert theirs.content == (await author[0].call("GET", f"/v1/notes/{note}")).content
    assert await listed(who, "/v1/notes/shared") == {note}
    assert await listed(who, "/v1/notes") == {mine}
    assert await listed(author[0], "/v1/notes") == {note}
    assert await listed(author[0], "/v1/notes/shared") == set()


@pytest.mark.parametrize("kind", SIGHTLESS)
async def test_nobody_else_finds_any_trace(author: Author, hold: Hold, kind: str) -> None:
    holder, note = await hold(kind), UUID(author[1])
    for method, path, json in (
        ("GET", "/v1/notes/{id}", None),
        ("PATCH", "/v1/notes/{id}", {"title": "stolen"}),
        ("DELETE", "/v1/notes/{id}", None),
        ("POST", "/v1/notes/{id}/restore", None),
        ("POST", "/v1/notes/{id}/shares", {"role": "writer"}),
    ):
        assert (await like_nothing(holder.who, method, path, note, json)).status_code == 404, (method, path)
    assert await listed(holder.who, "/v1/notes/shared") == set()
    assert await listed(holder.who, f"/v1/notes/{note}/shares") == ({str(holder.share)} if kind == "expired" else set())
    row = (await author[0].call("GET", f"/v1/notes/{note}")).json()
    assert (row["title"], row["version"]) == ("a note", 1)


async def test_reader_is_told_that_writing_takes_a_writer(author: Author, hold: Hold) -> None:
    who, note = (await hold("reader")).who, author[1]
    answer = await who.call("PATCH", f"/v1/notes/{note}", {"title": "stolen"})
    assert (answer.status_code, answer.json()["needed"]) == (403, "writer")
    assert answer.json()["detail"] == "This takes the owner of this row, or somebody who may write it."
    assert (await author[0].call("GET", f"/v1/notes/{note}")).json()["title"] == "a note"


async def test_writer_writes_and_the_row_says_who(author: Author, hold: Hold) -> None:
    who, note = (await hold("writer")).who, author[1]
    row = (await who.call("PATCH", f"/v1/notes/{note}", {"title": "better"})).json()
    assert (row["title"], row["version"]) == ("better", 2)
    assert (row["owner_id"], row["created_by"], row["updated_by"]) == (str(author[0].id), str(author[0].id), str(who.id))
    assert (await author[0].call("GET", f"/v1/notes/{note}")).json() == row
    assert (await author[0].call("PATCH", f"/v1/notes/{note}", {"title": "mine"})).json()["updated_by"] == str(author[0].id)


@pytest.mark.parametrize("kind", SIGHTED)
async def test_holder_neither_bins_nor_shares_on(author: Author, hold: Hold, kind: str) -> None:
    who, note = (await hold(kind)).who, author[1]
    answer = await who.call("POST", f"/v1/notes/{note}/shares", {"role": "reader"})
    assert (answer.status_code, answer.json()["needed"]) == (403, "row_owner")
    assert (await like_nothing(who, "DELETE", "/v1/notes/{id}", UUID(note))).status_code == 404
    for field in ("owner_id", "deleted_at", "version", "updated_by"):
        assert (await who.call("PATCH", f"/v1/notes/{note}", {field: str(who.id)})).status_code == 422
    assert (await author[0].call("GET", f"/v1/notes/{note}")).json()["version"] == 1
    assert len(await listed(author[0], f"/v1/notes/{note}/shares")) == 2


@pytest.mark.parametrize("kind", SIGHTED)
async def test_binned_note_is_gone_for_holders_and_comes_back_with_its_shares(author: Author, hold: Hold, kind: str) -> None:
    holder, (by, note) = await hold(kind), author
    assert (await by.call("DELETE", f"/v1/notes/{note}")).status_code == 204
    for method, json in (("GET", None), ("PATCH", {"title": "x"}), ("DELETE", None)):
        assert (await like_nothing(holder.who, method, "/v1/notes/{id}", UUID(note), json)).status_code == 404
    assert (await like_nothing(holder.who, "POST", "/v1/notes/{id}/restore", UUID(note))).status_code == 404
    assert await listed(holder.who, "/v1/notes/shared") == await listed(holder.who, "/v1/notes/bin") == set()
    assert (await by.call("POST", f"/v1/notes/{note}/shares", {})).status_code == 404
    assert (await by.call("POST", f"/v1/notes/{note}/restore")).status_code == 200
    assert await listed(holder.who, "/v1/notes/shared") == {note}


async def test_share_of_a_binned_note_is_still_the_owners_to_revoke(author: Author, hold: Hold) -> None:
    holder, (by, note) = await hold("reader"), author
    assert (await by.call("DELETE", f"/v1/notes/{note}")).status_code == 204
    assert (await by.call("DELETE", f"/v1/notes/{note}/shares/{holder.share}")).status_code == 204
    assert (await by.call("POST", f"/v1/notes/{note}/restore")).status_code == 200
    assert (await holder.who.call("GET", f"/v1/notes/{note}")).status_code == 404


@pytest.mark.parametrize("kind", SIGHTED)
async def test_holder_sees_and_ends_their_own_share_alone(author: Author, hold: Hold, kind: str) -> None:
    holder, (by, note) = await hold(kind), author
    path = f"/v1/notes/{note}/shares"
    every = await listed(by, path)
    (other,) = every - {str(holder.share)}
    assert await listed(holder.who, path) == {str(holder.share)}
    row = (await holder.who.call("GET", f"{path}/{holder.share}")).json()
    assert (row["role"], row["user_id"], row["owner_id"], row["note_id"]) == (kind, str(holder.who.id), str(by.id), note)
    for method in ("GET", "DELETE"):
        assert (await like_nothing(holder.who, method, path + "/{id}", UUID(other))).status_code == 404
        assert (await like_nothing(by, method, f"/v1/notes/{{id}}/shares/{other}", uuid4())).status_code == 404
    assert (await holder.who.call("DELETE", f"{path}/{holder.share}")).status_code == 204
    assert (await holder.who.call("GET", f"/v1/notes/{note}")).status_code == 404
    assert await listed(by, path) == {other}


async def test_newest_share_that_one_accepts_is_the_one_that_counts(author: Author, hold: Hold) -> None:
    holder, (by, note) = await hold("reader"), author
    offer = await by.made(f"/v1/notes/{note}/shares", role="writer")
    await holder.who.made("/v1/notes/shares/accept", token=offer["token"])
    assert (await holder.who.call("PATCH", f"/v1/notes/{note}", {"title": "x"})).status_code == 200
    assert await listed(holder.who, f"/v1/notes/{note}/shares") == {offer["id"]}
    assert (await by.call("DELETE", f"/v1/notes/{note}/shares/{offer['id']}")).status_code == 204
    assert (await holder.who.call("GET", f"/v1/notes/{note}")).status_code == 404


async def test_share_ends_by_the_databases_clock(author: Author, hold: Hold, owner: psycopg.Connection[Any]) -> None:
    holder = await hold("writer", expires_at="2999-01-01T00:00:00Z")
    assert (await holder.who.call("GET", f"/v1/notes/{author[1]}")).status_code == 200
    owner.execute("update app.note_shares set expires_at = clock_timestamp() where id = %s", [holder.share])
    assert (await holder.who.call("GET", f"/v1/notes/{author[1]}")).status_code == 404


@pytest.mark.parametrize("ends", ["2026-01-01T00:00:00", "infinity", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "x"])
async def test_end_that_not_everybody_reads_alike_is_refused(author: Author, ends: str) -> None:
    answer = await author[0].call("POST", f"/v1/notes/{author[1]}/shares", {"expires_at": ends})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/expires_at")


async def test_lists_page_by_their_cursor(author: Author, hold: Hold) -> None:
    holder, (by, note) = await hold("reader"), author
    for number in range(3):
        more = (await by.made("/v1/notes", title=str(number)))["id"]
        offer = await by.made(f"/v1/notes/{more}/shares")
        await holder.who.made("/v1/notes/shares/accept", token=offer["token"])
        await by.made(f"/v1/notes/{note}/shares")
    for who, path, many in ((holder.who, "/v1/notes/shared", 4), (by, f"/v1/notes/{note}/shares", 5)):
        first = (await who.call("GET", f"{path}?limit=2")).json()
        rest = (await who.call("GET", f"{path}?limit=100&cursor={first['next']}")).json()
        ids = [row["id"] for row in first["items"] + rest["items"]]
        assert (len(ids), ids, rest["next"]) == (many, sorted(ids, reverse=True), None)


async def test_person_who_is_erased_leaves_no_share_and_keeps_nobody_from_writing(
    author: Author, hold: Hold, owner: psycopg.Connection[Any]
) -> None:
    holder, (by, note) = await hold("writer"), author
    assert (await holder.who.call("PATCH", f"/v1/notes/{note}", {"title": "theirs"})).status_code == 200
    owner.execute("delete from app.users where id = %s", [holder.who.id])
    row = (await by.call("GET", f"/v1/notes/{note}")).json()
    assert (row["title"], row["updated_by"], row["version"]) == ("theirs", None, 2)
    assert str(holder.share) not in await listed(by, f"/v1/notes/{note}/shares")
    owner.execute("delete from app.users where id = %s", [by.id])
    assert owner.execute("select from app.note_shares where note_id = %s", [note]).rowcount == 0
