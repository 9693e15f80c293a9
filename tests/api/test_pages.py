"""Pages: newest first, no row twice and none left out, whatever is written between two pages."""

from typing import Any

import httpx
import psycopg
from sqlalchemy import text

from api.scopes import lists, rows
from db.models.notes import Note
from db.transaction import once
from db.transaction import person as identity
from tests.notes import person_with_notes
from tests.people import Person, person
from tests.sealing import pool
from tests.server import Database


async def pages(who: Person, path: str, limit: int) -> list[list[str]]:
    """Ids of every page."""
    found, cursor = [], ""
    while True:
        page = (await who.call("GET", f"{path}{'&' if '?' in path else '?'}limit={limit}{cursor}")).json()
        found.append([row["id"] for row in page["items"]])
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def test_pages_hold_each_row_once(client: httpx.AsyncClient, owner: psycopg.Connection[Any]) -> None:
    who = person("reader", client, owner)
    made = [(await who.made("/v1/notes", title=str(number)))["id"] for number in range(7)]
    for limit, sizes in ((1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (100, [7])):
        found = await pages(who, "/v1/notes", limit)
        assert [len(page) for page in found] == sizes
        assert sum(found, []) == made[::-1]  # noqa: RUF017


async def test_writes_between_pages_neither_repeat_nor_hide(client: httpx.AsyncClient, owner: psycopg.Connection[Any]) -> None:
    who = person("reader", client, owner)
    made = [(await who.made("/v1/notes", title=str(number)))["id"] for number in range(6)]
    first = (await who.call("GET", "/v1/notes?limit=3")).json()
    await who.made("/v1/notes", title="newer")
    assert (await who.call("DELETE", f"/v1/notes/{made[3]}")).status_code == 204  # the row that the cursor names
    second = (await who.call("GET", f"/v1/notes?limit=3&cursor={first['next']}")).json()
    assert [row["id"] for row in second["items"]] == made[2::-1]


async def test_cursor_of_others_shows_nothing_of_theirs(client: httpx.AsyncClient, owner: psycopg.Connection[Any]) -> None:
    mine, theirs = person("a", client, owner), person("b", client, owner)
    await mine.made("/v1/notes", title="mine")
    cursor = (await theirs.made("/v1/notes", title="theirs"))["id"]
    assert [row["title"] for row in (await mine.call("GET", f"/v1/notes?cursor={cursor}")).json()["items"]] == ["mine"]


async def test_bin_pages_too(client: httpx.AsyncClient, owner: psycopg.Connection[Any]) -> None:
    who = person("binner", client, owner)
    made = [(await who.made("/v1/notes", title=str(number)))["id"] for number in range(5)]
    for id in made[:4]:
        assert (await who.call("DELETE", f"/v1/notes/{id}")).status_code == 204
    assert await pages(who, "/v1/notes/bin", 2) == [made[3:1:-1], made[1::-1]]
    assert await pages(who, "/v1/notes", 2) == [[made[4]]]


async def test_a_page_is_prepared_for_the_rows_it_asks_for(database: Database, owner: psycopg.Connection[Any]) -> None:
    """For any number of rows it would be planned at every request."""
    engine = pool(database.api, pool_size=1)
    who = identity(person_with_notes(owner, *map(str, range(30))))
    for _ in range(7):  # psycopg prepares the sixth
        assert len(await once(engine, who, lists(Note)(), rows=rows(20))) == 21
    kept = text("select statement from pg_prepared_statements where statement like 'SELECT%FROM app.notes%'")
    assert [statement.split()[-1] for (statement,) in await once(engine, who, kept)] == ["21"]
    await engine.dispose()


def test_pages_of_any_length_are_few_statements() -> None:
    asked = {limit: rows(limit) for limit in range(1, 101)}
    assert all(rows > limit for limit, rows in asked.items())
    assert len(set(asked.values())) == 3
