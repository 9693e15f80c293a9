"""Requests whose round trips are counted, and every route of a table in turn."""

from typing import Any, NamedTuple

import httpx

from tests.people import Person
from tests.proxy import Wire

TIMES = 8  # from the sixth on, psycopg prepares


class Counted(NamedTuple):
    """HTTP to an API with one connection, warm from its boot, and the wire behind it."""

    client: httpx.AsyncClient
    wire: Wire
    auth: Wire

    async def trips(self, who: Person, method: str, path: str, json: Any = None, status: int = 200) -> Any:
        """Asserts that a request is one round trip; answers its body."""
        self.wire.reset()
        response = await who.call(method, path, json)
        assert response.status_code == status, response.text
        assert (self.wire.round_trips, self.wire.connections) == (1, 0), (method, path, self.wire)
        return response.json() if response.content else None


class Rows(NamedTuple):
    """What makes a row of a table, what changes it, and what a list of it names."""

    table: str
    new: dict[str, Any]
    change: dict[str, Any]
    within: str = ""


async def every_route(counted: Counted, who: Person, rows: Rows) -> None:
    table, new, change, within = rows
    for _ in range(TIMES):
        row = f"/v1/{table}/" + (await counted.trips(who, "POST", f"/v1/{table}", new, 201))["id"]
        await counted.trips(who, "GET", row)
        assert len((await counted.trips(who, "GET", f"/v1/{table}{within}"))["items"]) == 1
        await counted.trips(who, "PATCH", row, change)
        await counted.trips(who, "DELETE", row, status=204)
        assert len((await counted.trips(who, "GET", f"/v1/{table}/bin{within}"))["items"]) >= 1
        await counted.trips(who, "POST", f"{row}/restore")
        await counted.trips(who, "DELETE", row, status=204)
