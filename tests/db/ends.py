"""Every way that a transaction ends, as functions of a pool and a person: well, badly, and not at all."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import select

from db.models.notes import Note
from db.transaction import begin, connect, once, person


async def commits(engine: AsyncEngine, alice: UUID) -> None:
    async with begin(engine, person(alice)) as tx:
        await tx.execute(select(Note))


async def asks_once(engine: AsyncEngine, alice: UUID) -> None:
    await once(engine, person(alice), select(Note.id))


async def asks_once_at_the_bin(engine: AsyncEngine, alice: UUID) -> None:
    await once(engine, person(alice, "app_trash"), select(Note.id))


async def fails(engine: AsyncEngine, alice: UUID) -> None:
    async with begin(engine, person(alice)) as tx:
        await tx.execute(text("select 1 / 0"))


async def fails_once(engine: AsyncEngine, alice: UUID) -> None:
    await once(engine, person(alice), text("select 1 / 0"))


async def cannot_bind(engine: AsyncEngine, alice: UUID) -> None:
    await once(engine, person(alice, "app_owner"), text("select 1"))


async def raises(engine: AsyncEngine, alice: UUID) -> None:
    async with begin(engine, person(alice)) as tx:
        await tx.execute(select(Note))
        raise ZeroDivisionError


async def rolls_back(engine: AsyncEngine, alice: UUID) -> None:
    async with begin(engine, person(alice)) as tx:
        await tx.execute(select(Note))
        await tx.rollback()


async def fails_in_a_savepoint(engine: AsyncEngine, alice: UUID) -> None:
    async with begin(engine, person(alice)) as tx, tx.begin_nested():
        await tx.execute(text("select 1 / 0"))


async def forgets_to_end(engine: AsyncEngine, alice: UUID) -> None:
    async with connect(engine, person(alice)) as connection:
        await connection.execute(select(Note.id))
        await connection.exec_driver_sql("savepoint left_open")


async def fails_on_the_driver_alone(engine: AsyncEngine, alice: UUID) -> None:
    async with connect(engine, person(alice)) as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        await driver.execute("insert into app.notes (title) values ('undone')")
        raise ZeroDivisionError


ENDS: dict[str, Callable[[AsyncEngine, UUID], Awaitable[None]]] = {
    end.__name__: end
    for end in (
        commits,
        asks_once,
        asks_once_at_the_bin,
        fails,
        fails_once,
        cannot_bind,
        raises,
        rolls_back,
        fails_in_a_savepoint,
        forgets_to_end,
        fails_on_the_driver_alone,
    )
}
