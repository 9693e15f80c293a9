"""What people are answered, step by step, by the API that stands beside this file: it runs in a copy of the clone."""

import asyncio
from base64 import b64encode
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import psycopg

from api.app import create_app
from api.auth import Keys
from db.settings import Settings

SEED = bytes(range(32))


class Step(NamedTuple):
    """Who asks for what below a table's path; `{row}`, `{share}` and `{token}` are those that were made last."""

    who: str
    method: str
    path: str
    body: dict[str, str] | None = None


def run(urls: dict[str, str], table: str, steps: list[Step]) -> tuple[list[tuple[int, Any]], list[str]]:
    """Each answer's status and body, and the paths of the table in OpenAPI; `urls` are settings, and the superuser's."""
    return asyncio.run(_run(urls, table, steps))


async def _run(urls: dict[str, str], table: str, steps: list[Step]) -> tuple[list[tuple[int, Any]], list[str]]:
    owner = urls.pop("owner")
    app = create_app(Settings.model_validate({**urls, "token_keys": b64encode(SEED).decode()}))
    people, answers, known = {name: _person(owner, name) for name in {step[0] for step in steps}}, [], {"row": "", "token": ""}
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://rowkeep")
    async with app.router.lifespan_context(app), client:
        for who, method, path, body in steps:
            answer = await client.request(
                method,
                f"/v1/{table}{path.format(**known)}",
                json=body and {name: value.format(**known) for name, value in body.items()},
                headers={"Authorization": f"Bearer {Keys([SEED]).issue(people[who], uuid4(), minutes=5)}"},
            )
            made = answer.json() if answer.content else {}
            answers.append((answer.status_code, made))
            if (method, answer.status_code) == ("POST", 201):
                known |= {"share" if path else "row": made["id"], "token": made.get("token", "")}
        documented = (await client.get("/openapi.json")).json()["paths"]
    return answers, sorted(path for path in documented if path.startswith(f"/v1/{table}"))


def _person(owner: str, name: str) -> UUID:
    with psycopg.connect(owner) as connection:
        row = connection.execute("insert into app.users (name) values (%s) returning id", [name]).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found
