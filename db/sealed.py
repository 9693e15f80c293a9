"""Refuses to serve where the API and its database do not agree on the seal; both are asked by trying."""

import time
from uuid import UUID

from psycopg.errors import InvalidAuthorizationSpecification
from sqlalchemy.ext.asyncio import AsyncConnection

from db.refusal import Refusal
from db.seal import STEP, Seal
from db.transaction import BIND, Connection, address, binding, person

# What each login binds, and the function that policies trust to tell it.
ASKED = {
    "app_api": (person(UUID(int=0)), "select app.current_user_id()"),
    "app_auth": (address("nobody"), "select auth.current_email()"),
}


async def check_seal(connection: AsyncConnection, login: str) -> None:
    """With a seal the database must take nothing without one, and without a seal it must not want one.

    Raises: Refusal.
    """
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, Connection)
    bare = await _accepted(driver, login, None)
    if driver.seal is None:
        if not bare:
            raise Refusal("the database is sealed: set SEAL_KEY to a key that it knows")
        return
    if bare:
        raise Refusal(f"SEAL_KEY is set, and the database takes an identity of {driver.info.user} without a seal: "
                      "run `make rotate-seal` with this SEAL_KEY, and keep the login out of seal.exempt")  # fmt: skip
    now = (await (await driver.execute("select extract(epoch from now())::float8")).fetchall())[0][0]
    apart = round(abs(now - time.time()))
    # Whatever became of this one seal: from a step on, clocks have some refused.
    if apart >= STEP - 1:
        raise Refusal(f"this clock and the database's are {apart} s apart, and a seal is good for {STEP}: set the clocks")
    if not await _accepted(driver, login, driver.seal):
        raise Refusal("the database does not know SEAL_KEY: set it to the newest one, or run `make rotate-seal` with this one")


async def _accepted(driver: Connection, login: str, seal: Seal | None) -> bool:
    identity, question = ASKED[login]
    try:
        async with driver.transaction():
            await driver.execute(BIND, binding(identity, seal, driver.info.backend_pid))
            await driver.execute(question)
    except InvalidAuthorizationSpecification:
        return False
    return True
