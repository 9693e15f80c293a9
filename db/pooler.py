"""Refuses to serve behind a pooler that was not told of, or that does not reset after each transaction: asked by trying."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from db.refusal import Refusal
from db.transaction import Connection

LEAVE = text("select pg_catalog.set_config('app.left_behind', pg_catalog.gen_random_uuid()::text, false)")
LEFT = text("select nullif(pg_catalog.current_setting('app.left_behind', true), '')")
TIMES = 5  # a pooler has several connections; while nobody else is served, the one used last comes first


async def check_pooler(connection: AsyncConnection) -> None:
    """What a session leaves behind must end with the session, or, behind a pooler, with the transaction.

    Raises: Refusal.
    """
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, Connection)
    if not driver.pooled:
        pid = await connection.scalar(text("select pg_catalog.pg_backend_pid()"))
        if pid != driver.info.backend_pid:
            raise Refusal("a pooler stands before the database: set POOLER=true, so that nothing counts on its connections")
        return
    for _ in range(TIMES):
        await connection.execute(LEAVE)
        if await connection.scalar(LEFT) is not None:
            raise Refusal("POOLER=true, and what one transaction leaves behind the next one meets: set the pooler's "
                          "server_reset_query = DISCARD ALL and server_reset_query_always = 1")  # fmt: skip
