"""Every way that a session, or the driver below it, has to read, as functions of a session."""

from collections.abc import Awaitable, Callable

from psycopg.rows import tuple_row
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from db.models.notes import Note
from db.transaction import Connection

QUERY = "select title, current_user::text from app.notes order by title"
Seen = list[tuple[str, str]]


async def driver(tx: AsyncSession) -> Connection:
    """The psycopg connection below a session."""
    raw = await (await tx.connection()).get_raw_connection()
    assert isinstance(raw.driver_connection, Connection)
    return raw.driver_connection


async def orm(tx: AsyncSession) -> Seen:
    me = text("current_user::text")
    return [(note.title, who) for note, who in (await tx.execute(select(Note, me).order_by(col(Note.title)))).all()]


async def core(tx: AsyncSession) -> Seen:
    table = Note.metadata.tables["app.notes"]
    statement = table.select().with_only_columns(table.c.title, text("current_user::text")).order_by(table.c.title)
    return [(title, who) for title, who in (await (await tx.connection()).execute(statement)).all()]


async def typed_text(tx: AsyncSession) -> Seen:
    return [(title, who) for title, who in await tx.execute(text(QUERY))]


async def session_stream(tx: AsyncSession) -> Seen:
    return [(row[0], row[1]) async for row in await tx.stream(text(QUERY))]


async def connection_stream(tx: AsyncSession) -> Seen:
    async with (await tx.connection()).stream(text(QUERY)) as rows:
        return [(row[0], row[1]) async for row in rows]


async def driver_connection_execute(tx: AsyncSession) -> Seen:
    return await (await (await driver(tx)).execute(QUERY)).fetchall()


async def driver_cursor_execute(tx: AsyncSession) -> Seen:
    async with (await driver(tx)).cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(QUERY, prepare=True, binary=True)
        return await cursor.fetchall()


async def driver_cursor_stream(tx: AsyncSession) -> Seen:
    async with (await driver(tx)).cursor() as cursor:
        return [row async for row in cursor.stream(QUERY)]


async def driver_server_cursor(tx: AsyncSession) -> Seen:
    async with (await driver(tx)).cursor("named") as cursor:
        await cursor.execute(QUERY)
        return await cursor.fetchall()


async def driver_pipeline(tx: AsyncSession) -> Seen:
    connection = await driver(tx)
    async with connection.pipeline():
        first = await connection.execute("select 1")
        second = await connection.execute(QUERY)
    assert await first.fetchall() == [(1,)]
    return await second.fetchall()


async def driver_executemany(tx: AsyncSession) -> Seen:
    async with (await driver(tx)).cursor() as cursor:
        await cursor.executemany(f"select *, %s::text from ({QUERY}) q", [("a",), ("b",)], returning=True)
        found = await cursor.fetchall()
        cursor.nextset()
        assert [row[:2] for row in await cursor.fetchall()] == [row[:2] for row in found]
        return [row[:2] for row in found]


async def driver_copy(tx: AsyncSession) -> Seen:
    async with (await driver(tx)).cursor() as cursor, cursor.copy(f"copy ({QUERY}) to stdout") as copy:
        copy.set_types(["text", "text"])
        return [(row[0], row[1]) async for row in copy.rows()]


READS: dict[str, Callable[[AsyncSession], Awaitable[Seen]]] = {
    way.__name__: way
    for way in (
        orm,
        core,
        typed_text,
        session_stream,
        connection_stream,
        driver_connection_execute,
        driver_cursor_execute,
        driver_cursor_stream,
        driver_server_cursor,
        driver_pipeline,
        driver_executemany,
        driver_copy,
    )
}
