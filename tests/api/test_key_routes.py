"""What lets a person in is no key's to change: every route below `/v1/me` that writes is refused to one, those to come too."""

from typing import Any
from uuid import uuid4

import httpx

from tests.notes import Owner
from tests.people import Person, person

# A key acts for its person, so it may change their name; whoever it is of, it may take along what it reads.
LEFT = {("patch", "/v1/me")}


def guarded(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Every method and path that writes below `/v1/me`, or makes service accounts and their keys."""
    ours = ("/v1/me", "/v1/service-accounts")
    return [
        (method, path)
        for path, methods in document["paths"].items()
        for method in methods
        if method != "get" and any(path == each or path.startswith(f"{each}/") for each in ours)
    ]


async def state(ada: Person, owner: Owner) -> Any:
    """All that a key must not change."""
    query = """
        select array(select to_jsonb(c) - 'updated_at' from auth.credentials c where user_id = %(me)s),
          array(select to_jsonb(f) from auth.factors f where user_id = %(me)s),
          array(select id from app.sessions where owner_id = %(me)s), array(select id from app.keys where owner_id = %(me)s),
          array(select id from auth.mails where user_id = %(me)s)"""
    return owner.execute(query, {"me": ada.id}).fetchone()


async def test_key_reaches_no_route_that_changes_how_its_person_comes_in(client: httpx.AsyncClient, owner: Owner) -> None:
    document = (await client.get("/openapi.json")).json()
    ada = person("ada", client, owner)
    session = owner.execute("insert into app.sessions (owner_id) values (%s) returning id", [ada.id]).fetchone()
    other = await ada.made("/v1/me/keys", name="other")
    token = (await ada.made("/v1/me/keys", name="all that ada may"))["key"]
    before = await state(ada, owner)
    assert session is not None
    routes = guarded(document)
    assert {("post", "/v1/me/keys"), ("delete", "/v1/me"), ("post", "/v1/me/totp"), ("post", "/v1/me/email")} <= {*routes}
    assert len(routes) >= 12
    for method, path in sorted(set(routes) - LEFT):
        id = {"/v1/me/sessions/{id}": session[0], "/v1/me/keys/{id}": other["id"]}.get(path, uuid4())
        # A body of each field's kind, so that none is refused for its form.
        shape = document["paths"][path][method].get("requestBody", {}).get("content", {}).get("application/json", {})
        named = document["components"]["schemas"].get(shape.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
        body = {
            name: _some(name, each) for name, each in named.get("properties", {}).items() if name in named.get("required", ())
        }
        answer = await client.request(
            method, path.format(id=id, key_id=uuid4()), json=body or None, headers={"Authorization": f"Bearer {token}"}
        )
        assert (answer.status_code, answer.json()["detail"]) == (
            403,
            "This takes a person who is signed in; a key cannot do it.",
        ), (method, path)
    assert await state(ada, owner) == before
    assert (await ada.call("DELETE", f"/v1/me/sessions/{session[0]}")).status_code == 204, "there was something to end"
    assert (await ada.call("DELETE", f"/v1/me/keys/{other['id']}")).status_code == 204


async def test_routes_of_signing_in_take_no_key(client: httpx.AsyncClient) -> None:
    """They ask for what only the person has: a password, a mail's token or a refresh token; none reads who is asking."""
    document = (await client.get("/openapi.json")).json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/v1/auth/"):
                assert "security" not in operation, (method, path)


def _some(name: str, schema: dict[str, Any]) -> str:
    return "new@example.com" if name == "email" else str(uuid4()) if schema.get("format") == "uuid" else "correct horse battery"
