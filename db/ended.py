"""Ended sessions, known to this process within seconds and without a round trip of any request.

Read at start and every few seconds while requests come, and not at all while none do: a database that sleeps is left to
sleep, and the first request after a pause waits for one reading. What cannot be read for long is not trusted any more.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from time import monotonic
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from db.beside import beside

log = logging.getLogger("rowkeep")
# Seconds without a request after which nothing is read any more, and for how long a reading is trusted without another.
PAUSE, TRUSTED = 60, 15


class Unknown(Exception):
    """Whether a session has ended cannot be told: the database did not say for too long."""


class Ended:
    """Which sessions ended while access tokens of theirs may still be good."""

    def __init__(self, engine: AsyncEngine, *, seconds: float, lifetime: timedelta) -> None:
        self._engine, self._seconds = engine, seconds
        self._ended = select(func.auth.ended_sessions(lifetime))
        self._sessions: frozenset[UUID] = frozenset()
        self._read_at = self._asked_at = float("-inf")
        self._reading = asyncio.Lock()

    @asynccontextmanager
    async def watched(self) -> AsyncIterator[None]:
        """Reads at once, and in the background until the block ends."""
        with suppress(Unknown):  # then the first request reads
            await self._read()
        async with beside(self._watch()):
            yield

    async def includes(self, session_id: UUID) -> bool:
        """Whether a session has ended, as of a few seconds ago.

        Raises: Unknown.
        """
        self._asked_at = monotonic()
        if self._asked_at - self._read_at > TRUSTED:
            async with self._reading:
                if self._asked_at - self._read_at > TRUSTED:
                    await self._read()
        return session_id in self._sessions

    async def _watch(self) -> None:
        while True:
            # Jittered, so that many processes do not ask at once.
            await asyncio.sleep(self._seconds * random.uniform(0.8, 1.0))  # noqa: S311
            if monotonic() - self._asked_at < PAUSE:
                with suppress(Unknown):
                    async with self._reading:
                        await self._read()

    async def _read(self) -> None:
        started = monotonic()
        try:
            async with self._engine.connect() as connection:
                self._sessions = frozenset((await connection.scalars(self._ended)).all())
        except (SQLAlchemyError, OSError) as error:
            log.warning("ended sessions could not be read: %s", error)
            raise Unknown from error
        self._read_at = started
