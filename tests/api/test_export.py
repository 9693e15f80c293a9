"""GET /v1/me/export is all that the policies let the person read, of one moment, and nothing that is a secret."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from api.limits import extend
from api.routes import leaving
from db.models import metadata
from db.models.notes import Note
from db.snapshot import ROWS, snapshot
from db.transaction import person as identity
from tests.faults.settled import settled, until
from tests.isolation.session import acting
from tests.leaver import Leaver, everything, leaver
from tests.notes import Owner, person_with_notes
from tests.people import Person, World
from tests.server import Database
from tests.serving import listening, serving

Lines = dict[str, list[dict[str, Any]]]


def parsed(answer: httpx.Response) -> Lines:
    """Rows by table, of a whole export."""
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    *rows, last = [json.loads(line) for line in answer.text.splitlines()]
    assert last == {"end": {"rows": len(rows)}}
    found: Lines = {}
    for each in rows:
        found.setdefault(each["table"], []).append(each["row"])
    return found


def asking(who: Person) -> bytes:
    """The request as it goes over a socket."""
    return f"GET /v1/me/export HTTP/1.1\r\nhost: x\r\nauthorization: {who.headers['Authorization']}\r\n\r\n".encode()


@pytest.fixture
async def ada(client: httpx.AsyncClient, owner: Owner) -> Leaver:
    return await leaver(client, owner)


async def test_export_is_what_the_policies_show(ada: Leaver, world: World, database: Database, owner: Owner) -> None:
    exported = parsed(await ada.person.call("GET", "/v1/me/export"))
    owner.execute("insert into app.sessions (owner_id) values (%s)", [world.alice.id])
    for table in (table for table in metadata.tables.values() if table.schema == "app"):
        with acting(database.api, ada.person.id) as session:
            seen = {str(row[0]) for row in session.execute(f"select id from {table.fullname}".encode())}
        if "deleted_at" in table.c:
            with acting(database.api, ada.person.id, "app_trash") as session:
                seen |= {str(row[0]) for row in session.execute(f"select id from {table.fullname}".encode())}
        rows = exported.get(table.name, [])
        assert sorted(row["id"] for row in rows) == sorted(seen), table.name
        assert len(seen) < len(everything(owner)[table.fullname]), "others have some too"
        assert not seen or rows[0].keys() <= set(table.c.keys())
    assert exported["credentials"] == [exported["credentials"][0] | {"user_id": str(ada.person.id), "email": ada.email}]
    assert any(row["deleted_at"] for row in exported["notes"])
    assert any(row["deleted_at"] for row in exported["workspaces"])


async def test_export_has_no_secret(ada: Leaver) -> None:
    for rows in parsed(await ada.person.call("GET", "/v1/me/export")).values():
        assert not [name for name in rows[0] if any(word in name for word in ("hash", "secret", "password"))]


async def test_export_takes_a_token(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/me/export")).status_code == 401


async def test_snapshot_writes_nothing_and_sees_one_moment(database: Database, owner: Owner) -> None:
    me = person_with_notes(owner, "before")
    async with serving(database) as served:
        async with snapshot(served.engine, identity(me), identity(me, "app_trash")) as read:
            assert [[note.title for note in part] async for part in read.parts(Note.__table__.select())] == [["before"]]  # type: ignore[attr-defined]
            owner.execute("update app.notes set title = 'after' where owner_id = %s", [me])
            await read.become("app_trash")
            assert [[note.title for note in part] async for part in read.parts(Note.__table__.select())] == [["before"]]  # type: ignore[attr-defined]
        with pytest.raises(InternalError) as refused:
            async with snapshot(served.engine, identity(me)) as read:
                await read._connection.execute(text("insert into app.notes (title) values ('x')"))
        assert isinstance(refused.value.orig, ReadOnlySqlTransaction)
        await settled(served.engine, owner)


async def test_hang_up_cannot_keep_an_export_running(database: Database, owner: Owner) -> None:
    """Of more than the sockets hold, so that the API waits for its client; then the next export is whole."""
    me = person_with_notes(owner)
    owner.execute(
        "insert into app.notes (owner_id, title, body) select %s, 'n', repeat('x', 90000) from generate_series(1, %s)",
        [me, 4 * ROWS],
    )
    async with serving(database) as served, listening(served.app) as port:
        alice = Person("alice", me, served.client)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(asking(alice))
        assert b"200" in await reader.readline()
        assert served.app.state.exports.pool.checkedout() == 1
        assert (await alice.call("GET", "/v1/me/export")).status_code == 429
        writer.transport.abort()
        await settled(served.app.state.exports, owner)
        await until(lambda: not served.app.state.exporting)
        assert len(parsed(await alice.call("GET", "/v1/me/export"))["notes"]) == 4 * ROWS


async def test_client_that_does_not_read_cannot_hold_an_export(
    database: Database, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part has the seconds of a request, all of them those of an export; here none."""
    me = person_with_notes(owner, "note")
    allowed: list[float] = []

    def at_once(scope: dict[str, Any], seconds: float) -> None:
        allowed.append(seconds)
        extend(scope, 0)

    monkeypatch.setattr(leaving, "extend", at_once)
    async with serving(database, request_seconds=20, export_seconds=5) as served, listening(served.app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(asking(Person("alice", me, served.client)))
        assert b'"end"' not in await reader.read()
        assert 0 < allowed[0] <= 5
        await settled(served.app.state.exports, owner)
        writer.close()
