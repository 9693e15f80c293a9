"""API keys: `rk_`, the key's id, its secret and a checksum, shown once; who holds one acts for its person within its scope."""

import logging
import re
from asyncio import sleep
from time import time
from uuid import UUID
from zlib import crc32

from fastapi import Request
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.auth import Claims, unauthorized
from api.remembered import Found, Remembered
from api.secret import digest
from api.throttle import Throttle, late
from db.transaction import key, once

log = logging.getLogger("rowkeep")

PREFIX = "rk_"
# Whoever looks for keys that were published by mistake needs the database for none of them: the end is a CRC-32 of the rest.
SHAPE = re.compile(r"rk_(?P<id>[0-9a-f]{32})(?P<secret>[\w-]{20,100})(?P<sum>[0-9a-f]{8})", re.ASCII)
FOUND = ("user_id", "scope", "expires_at", "wait")
NOTED = 60  # seconds between two notes of which keys were used


def written(id: UUID, secret: str) -> str:
    """The key as it is shown."""
    plain = f"{PREFIX}{id.hex}{secret}"
    return f"{plain}{crc32(plain.encode()):08x}"


class ApiKeys:
    """The people behind keys; for those seen lately nothing is asked of the database."""

    def __init__(self, engine: AsyncEngine, remembered: Remembered) -> None:
        self._engine, self._remembered = engine, remembered
        self._used: set[UUID] = set()

    async def read(self, token: str, request: Request) -> Claims:
        """Whom a key acts for, and within what.

        Raises: Problem 401, the same for every reason, or 429; Unknown where the database cannot tell whether it was revoked.
        """
        parts = SHAPE.fullmatch(token)
        if not parts or written(UUID(parts["id"]), parts["secret"]) != token:
            raise unauthorized()
        id, hashed = UUID(parts["id"]), digest(parts["secret"])
        found = await self._remembered.get(hashed.hex(), lambda: self._found(id, hashed, request))
        if found.claims.expires < time():
            raise unauthorized()
        self._used.add(id)
        return found.claims

    async def _found(self, id: UUID, hashed: bytes, request: Request) -> Found:
        throttle: Throttle = request.app.state.throttle
        tried = func.auth.try_key(hashed, *throttle.network(request, "keys"))
        (row,) = await once(self._engine, key(id), select(tried.table_valued(*FOUND)))
        if row.wait:
            raise late("Too many keys that are not good come from this network; try again later.", row.wait)
        if not row.user_id:
            raise unauthorized()
        return Found(Claims(row.user_id, id, int(row.expires_at.timestamp()), 0, "key", row.scope))

    async def noting(self) -> None:
        """Writes once a minute which keys were used, beside all requests."""
        while True:
            await sleep(NOTED)
            await self.note()

    async def note(self) -> None:
        """Writes it now; a key that was revoked meanwhile is nobody's loss."""
        used, self._used = self._used, set()
        for id in used:
            try:
                await once(self._engine, key(id), select(func.auth.key_used()))
            except (SQLAlchemyError, OSError) as error:
                log.warning("when keys were used could not be written: %s", error)
                return
