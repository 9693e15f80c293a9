"""Awkward values get a 4xx problem that names the field, never a 5xx, and are stored as they are or not at all."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.people import World

NOTES = "/v1/notes"


def problem(response: httpx.Response) -> dict[str, Any]:
    """The document, checked for its form."""
    assert response.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = response.json()
    assert document["status"] == response.status_code
    return document


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": ""}, "#/title"), ({"title": "x" * 201}, "#/title"), ({}, "#/title"), ({"title": None}, "#/title"),
        ({"title": 7}, "#/title"), ({"title": 10**400}, "#/title"), ({"title": "a\0b"}, "#/title"),
        ({"title": "x", "body": "\0"}, "#/body"), ({"title": "x", "owner_id": "7"}, "#/owner_id"),
        ({"title": "x", "id": "7"}, "#/id"), ({"title": ["x"]}, "#/title"), ({"title": {"a": 1}}, "#/title"),
        ([], "#"), ("x", "#"), (None, "#"),
    ],
)  # fmt: skip
async def test_bad_field_is_named(world: World, body: Any, pointer: str) -> None:
    response = await world.alice.call("POST", NOTES, body)
    assert response.status_code == 422
    assert pointer in {error["pointer"] for error in problem(response)["errors"]}


@pytest.mark.parametrize(
    "raw",
    [b'{"title": "\\ud800"}', b'{"title": "\\u0000"}', b'{"title": ', b"\xff\xfe", b"{" * 5000, b'{"title": 1e999999}', b"",
     b'{"title": ' + b"9" * 5000 + b"}", b'{"title": "\xed\xa0\x80"}', b'[[[[' * 20000],
    ids=lambda raw: repr(raw[:24]),
)  # fmt: skip
async def test_bad_json_is_a_4xx(world: World, client: httpx.AsyncClient, raw: bytes) -> None:
    headers = {**world.alice.headers, "content-type": "application/json"}
    response = await client.post(NOTES, content=raw, headers=headers)
    assert 400 <= response.status_code < 500
    problem(response)


@pytest.mark.parametrize("title", ["é" * 200, "\U0001f600" * 200, "' or 1=1 --", "%s %(x)s \\", "a\nb\tc", "\u202e", "\uffff"])
async def test_odd_text_is_kept_as_it_is(world: World, title: str) -> None:
    made = await world.alice.made(NOTES, title=title)
    assert (await world.alice.call("GET", f"{NOTES}/{made['id']}")).json()["title"] == title


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("limit=0", "limit"), ("limit=101", "limit"), ("limit=" + "9" * 40, "limit"), ("limit=x", "limit"),
     ("cursor=x", "cursor"), ("cursor=%00", "cursor"), ("cursor=" + "a" * 5000, "cursor")],
)  # fmt: skip
async def test_bad_parameter_is_named(world: World, query: str, parameter: str) -> None:
    response = await world.alice.call("GET", f"{NOTES}?{query}")
    assert response.status_code == 422
    assert [error["parameter"] for error in problem(response)["errors"]] == [parameter]


@pytest.mark.parametrize("id", ["7", "x", "%00", "01a20302", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz", "%ff", "9" * 300])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_bad_key_is_named(world: World, method: str, id: str) -> None:
    response = await world.alice.call(method, f"{NOTES}/{id}", {"title": "x"})
    assert response.status_code == 422
    assert "id" in {error.get("parameter") for error in problem(response)["errors"]}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"status": "later"}, "#/status"), ({"due_on": "tomorrow"}, "#/due_on"), ({"due_on": "0000-01-01"}, "#/due_on"),
     ({"due_on": 10**30}, "#/due_on"), ({"project_id": "x"}, "#/project_id"), ({"workspace_id": "x"}, "#/workspace_id")],
)  # fmt: skip
async def test_bad_task_is_named(world: World, body: dict[str, Any], pointer: str) -> None:
    right = {"workspace_id": world.workspace, "project_id": str(world.live["projects"]), "title": "t"}
    response = await world.alice.call("POST", "/v1/tasks", {**right, **body})
    assert response.status_code == 422
    assert [error["pointer"] for error in problem(response)["errors"]] == [pointer]


async def test_patch_changes_what_it_names(world: World) -> None:
    made = await world.alice.made(NOTES, title="t", body="b")
    path = f"{NOTES}/{made['id']}"
    for body, pointer in (({}, "#"), ({"title": None}, "#/title"), ({"x": 1}, "#/x"), ({"version": 9}, "#/version")):
        response = await world.alice.call("PATCH", path, body)
        assert (response.status_code, problem(response)["errors"][0]["pointer"]) == (422, pointer)
    changed = (await world.alice.call("PATCH", path, {"body": ""})).json()
    assert (changed["title"], changed["body"], changed["version"]) == ("t", "", 2)
    assert changed["updated_at"] > made["updated_at"]
    assert changed["created_at"] == made["created_at"]


async def test_null_is_kept_where_the_column_allows_it(world: World) -> None:
    task = await world.alice.made(
        "/v1/tasks",
        workspace_id=world.workspace,
        project_id=str(world.live["projects"]),
        title="t",
        due_on="2026-12-24",
    )
    assert task["due_on"] == "2026-12-24"
    assert (await world.alice.call("PATCH", f"/v1/tasks/{task['id']}", {"due_on": None})).json()["due_on"] is None


async def test_check_of_the_database_names_the_field(world: World, owner: Any) -> None:
    """A limit that only the database knows is mapped back to the field."""
    owner.execute("alter table app.notes drop constraint notes_body_check")
    owner.execute("alter table app.notes add constraint notes_body_check check (body <> 'forbidden')")
    try:
        response = await world.alice.call("POST", NOTES, {"title": "t", "body": "forbidden"})
    finally:
        owner.execute("alter table app.notes drop constraint notes_body_check")
        owner.execute("alter table app.notes add constraint notes_body_check check (char_length(body) between 0 and 100000)")
    assert (response.status_code, problem(response)["errors"][0]["pointer"]) == (422, "#/body")


async def test_body_is_limited(world: World, client: httpx.AsyncClient) -> None:
    large = json.dumps({"title": "x", "body": "x" * 1_000_001}).encode()

    async def chunks() -> Any:
        for start in range(0, len(large), 65536):
            yield large[start : start + 65536]

    headers = {**world.alice.headers, "content-type": "application/json"}
    for content in (large, chunks()):
        response = await client.post(NOTES, content=content, headers=headers)
        assert response.status_code == 413
        problem(response)
    response = await client.post(NOTES, content=b"{}", headers={**headers, "content-length": "x"})
    assert 400 <= response.status_code < 500


async def test_half_a_body_is_no_request(world: World, app: FastAPI, owner: Any) -> None:
    """A client that hangs up in the middle may have sent what looks whole."""
    messages = iter([{"type": "http.request", "body": b'{"title": "half"}', "more_body": True}, {"type": "http.disconnect"}])
    sent = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"authorization", world.alice.headers["Authorization"].encode()), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": NOTES,
        "raw_path": NOTES.encode(),
        "query_string": b"",
        "headers": headers,
    }
    await app({**scope, "headers": headers, "http_version": "1.1", "root_path": "", "scheme": "http"}, receive, send)
    assert sent == []
    assert owner.execute("select from app.notes where title = 'half'").rowcount == 0


@pytest.mark.parametrize("length", ["0" * 4301 + "5", "9" * 5000, "-1", "1e3", " "])
async def test_odd_content_length_is_a_4xx(world: World, client: httpx.AsyncClient, length: str) -> None:
    headers = {**world.alice.headers, "content-type": "application/json", "content-length": length}
    assert 400 <= (await client.post(NOTES, content=b"{}", headers=headers)).status_code < 500


async def test_trailing_slash_redirects_nowhere(world: World, client: httpx.AsyncClient) -> None:
    """A redirect would carry the Host that the request claims."""
    response = await client.get(f"{NOTES}/", headers={**world.alice.headers, "host": "evil.example"})
    assert response.status_code == 404
    assert "evil" not in str(response.headers)


async def test_missing_grant_is_our_fault(world: World, owner: Any) -> None:
    owner.execute("revoke insert (title) on app.notes from app_user")
    try:
        response = await world.alice.call("POST", NOTES, {"title": "t"})
    finally:
        owner.execute("grant insert (title) on app.notes to app_user")
    assert response.status_code == 500
    assert problem(response)["detail"] == "Something went wrong here; it was logged."
