"""Looks at the database again and again while it is served: one that has become weaker than promised is not served.

One connection per process, and no round trip on any request's path. A database that was weakened is refused until it is mended,
by hand or by a migration; nothing has to be restarted.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from db.beside import beside
from db.boot import Unreachable
from db.refusal import Refusal

log = logging.getLogger("rowkeep")

Look = Callable[[], Awaitable[None]]
CONFIRM = 1.0  # seconds until a bad look is looked at again: a migration may have committed while it was being taken
PATIENCE = 10.0  # seconds for one look
# A database that cannot be asked cannot be vouched for. Requests fail by themselves while it is down, and a restart or a
# failover is over in less; but one that answers requests and not the look (out of connections, say) may have been weakened.
BLIND = 30.0  # seconds


class Watch:
    """The verdict of the last look, and how old it is."""

    def __init__(self, look: Look, *, seconds: float, blind: float = BLIND) -> None:
        self._look, self._seconds, self._blind = look, seconds, blind
        self._weak = ""
        self._seen = monotonic()

    @property
    def refusal(self) -> str:
        """Why nothing is served, or nothing."""
        if not self._weak and monotonic() - self._seen > self._blind:
            return f"the database has not answered the watch for {self._blind:g} seconds"
        return self._weak

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Looks for as long as the block lasts."""
        async with beside(self._forever()):
            yield

    async def _forever(self) -> None:
        while True:
            # Processes that started together look at different moments.
            await asyncio.sleep(self._seconds * random.uniform(0.75, 1.25))  # noqa: S311 - no secret
            await self.look()

    async def look(self) -> None:
        """Takes a new verdict; what cannot be reached leaves the old one, which grows older."""
        try:
            weak = await self._verdict()
            if weak and not self._weak:
                await asyncio.sleep(CONFIRM)
                weak = await self._verdict()
        except (Unreachable, SQLAlchemyError, TimeoutError, OSError) as error:
            log.warning("the database cannot be looked at: %s", error)
            return
        self._seen = monotonic()
        if weak and weak != self._weak:
            log.error("not serving: %s", weak)
        elif self._weak and not weak:
            log.warning("serving again: the database is what its migrations recorded")
        self._weak = weak

    async def _verdict(self) -> str:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._look()
        except Unreachable:
            raise
        except Refusal as refusal:
            return str(refusal)
        return ""
