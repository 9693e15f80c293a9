"""Requests over a real socket while the schema changes: what each person may see is checked at every answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from tests.faults.settled import until
from tests.people import Person, World, build
from tests.server import Database
from tests.serving import listening, serving


@dataclass
class Traffic:
    """What was asked and answered. `wrong` are rows too many or too few, and errors that no retry mended."""

    world: World
    answered: int = 0
    retried: int = 0
    rounds: int = 0
    wrong: list[str] = field(default_factory=list)

    async def ask(self, who: Person, method: str, path: str, json: Any = None) -> Any:
        """The body of an answer; 503 with Retry-After is asked again, as a client would."""
        response = await who.call(method, path, json)
        for _ in range(5):
            if response.status_code == 503 and "Retry-After" in response.headers:
                self.retried += 1
                response = await who.call(method, path, json)
        self.answered += 1
        if response.status_code >= 400:
            self.wrong.append(f"{who.name} {method} {path}: {response.status_code} {response.text}")
        return response.json() if response.content else None

    async def hidden(self, who: Person, path: str) -> None:
        """404, or a list without a row."""
        response = await who.call("GET", path)
        self.answered += 1
        if response.status_code == 503:
            self.retried += 1
        elif response.status_code != 404 and response.json().get("items") != []:
            self.wrong.append(f"{who.name} sees {path}: {response.text[:200]}")

    async def owns(self) -> None:
        """The owner writes, and sees exactly their rows."""
        alice, home = self.world.alice, self.world.workspace
        note = await self.ask(alice, "POST", "/v1/notes", {"title": "passing"})
        found = (await self.ask(alice, "GET", "/v1/notes?limit=100"))["items"]
        if {row["id"] for row in found} != {note["id"], str(self.world.live["notes"])}:
            self.wrong.append(f"alice sees {found}")
        await self.ask(alice, "PATCH", f"/v1/notes/{note['id']}", {"body": "changed"})
        await self.ask(alice, "DELETE", f"/v1/notes/{note['id']}")
        project, parent = str(self.world.live["projects"]), str(self.world.live["tasks"])
        task = await self.ask(alice, "POST", "/v1/tasks", {"workspace_id": home, "project_id": project, "title": "passing"})
        await self.ask(alice, "PATCH", f"/v1/tasks/{task['id']}", {"status": "done"})
        await self.ask(alice, "POST", "/v1/comments", {"workspace_id": home, "task_id": parent, "body": "passing"})
        await self.ask(alice, "DELETE", f"/v1/tasks/{task['id']}")
        await self.ask(alice, "POST", "/v1/workspaces", {"name": "passing"})

    async def views(self) -> None:
        """A viewer reads the workspace."""
        found = await self.ask(self.world.vic, "GET", f"/v1/tasks?workspace_id={self.world.workspace}&limit=100")
        if str(self.world.live["tasks"]) not in [row["id"] for row in found["items"]]:
            self.wrong.append("vic misses the task")
        await self.ask(self.world.vic, "GET", f"/v1/memberships?workspace_id={self.world.workspace}")

    async def looks(self) -> None:
        """A stranger finds nothing."""
        mallory, live = self.world.mallory, self.world.live
        for table in ("notes", "tasks", "comments", "projects", "workspaces"):
            await self.hidden(mallory, f"/v1/{table}/{live[table]}")
        await self.hidden(mallory, "/v1/notes")
        await self.hidden(mallory, f"/v1/tasks?workspace_id={self.world.workspace}")

    async def more(self, rounds: int = 2) -> None:
        """Waits until everybody has been round again; a round that broke ends here too."""
        wanted = self.rounds + 3 * rounds
        await until(lambda: self.rounds >= wanted or bool(self.wrong), patience=120)


@asynccontextmanager
async def flowing(database: Database) -> AsyncIterator[Traffic]:
    """An API behind a socket and people who ask without a pause, until the block ends."""
    async with serving(database, pool_size=4) as served, listening(served.app) as port:
        with psycopg.connect(database.owner, autocommit=True) as owner:
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                traffic = Traffic(await build(client, owner))
                ended = asyncio.Event()
                rounds = (traffic.owns, traffic.views, traffic.looks)
                people = [asyncio.create_task(_repeat(traffic, each, ended)) for each in rounds]
                try:
                    await traffic.more(1)
                    yield traffic
                finally:
                    ended.set()
                    await asyncio.gather(*people)


async def _repeat(traffic: Traffic, one_round: Callable[[], Awaitable[None]], ended: asyncio.Event) -> None:
    while not ended.is_set():
        try:
            await one_round()
        except Exception as error:  # noqa: BLE001 - an answer that is no row is a finding, told with the others
            traffic.wrong.append(repr(error))
        traffic.rounds += 1
