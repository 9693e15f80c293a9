"""Every way that a session, or the driver below it, has to write, as functions of a session."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from db.models.notes import Note
from tests.db.ways import driver


async def orm_flush(tx: AsyncSession) -> None:
    for note in await tx.scalars(select(Note)):
        note.body = "changed"
    await tx.flush()


async def core_update(tx: AsyncSession) -> None:
    await (await tx.connection()).execute(update(Note).values(body="changed"))


async def core_executemany(tx: AsyncSession) -> None:
    await tx.execute(text("update app.notes set body = :body"), [{"body": "first"}, {"body": "changed"}])


async def driver_cursor_executemany(tx: AsyncSession) -> None:
    async with (await driver(tx)).cursor() as cursor:
        await cursor.executemany("update app.notes set body = %s", [("first",), ("changed",)])


WRITES: dict[str, Callable[[AsyncSession], Awaitable[None]]] = {
    way.__name__: way for way in (orm_flush, core_update, core_executemany, driver_cursor_executemany)
}


async def orm_add(tx: AsyncSession) -> None:
    tx.add(Note(title="added"))
    await tx.flush()


async def core_insert(tx: AsyncSession) -> None:
    await tx.execute(insert(Note).values(title="added"))


async def core_insert_many_values(tx: AsyncSession) -> None:
    rows: list[dict[str, Any]] = [{"title": "added"}, {"title": "added"}]
    assert len((await tx.execute(insert(Note).returning(col(Note.id)), rows)).all()) == 2


async def core_insert_executemany(tx: AsyncSession) -> None:
    await tx.execute(insert(Note), [{"title": "added"}, {"title": "added"}])


INSERTS: dict[str, Callable[[AsyncSession], Awaitable[None]]] = {
    way.__name__: way for way in (orm_add, core_insert, core_insert_many_values, core_insert_executemany)
}
