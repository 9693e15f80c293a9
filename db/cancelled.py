"""What a cancelled task was doing stops on the server too, before it can commit behind the back of an answer that denies it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.pq.abc import PGcancelConn

# Seconds until the next request to cancel; doubled each time, up to the last.
FIRST, LAST = 0.02, 1.0


class Cancelled(psycopg.AsyncConnection[Any]):
    """A connection that goes on cancelling until the server has stopped.

    psycopg asks once. In a pipeline the statement that takes long may not have begun by then: it would be waited for, or
    be left alone with the COMMIT behind it. Cancelled again meanwhile, psycopg closes the socket, which the server does
    not notice before its statement ends.
    """

    # Whose was ever set must not be used again: a request to cancel may still be on its way.
    insisting: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, conninfo: str = "", **options: Any) -> Self:
        """A handshake that was begun is ended, and the connection closed, before its task is gone: what a traceback keeps
        half made holds a place in the server until `authentication_timeout`, a minute later.
        """
        made = asyncio.create_task(super().connect(conninfo, **options))
        try:
            return await asyncio.shield(made)
        except asyncio.CancelledError:
            while not made.done():  # in connect_timeout at the latest; whoever cancels again waits too
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([made])
            if not made.cancelled() and not made.exception():
                await made.result().close()
            raise

    async def cancel_safe(self, *, timeout: float = 30.0) -> None:  # noqa: ASYNC109 - psycopg's
        self.insist()
        await super().cancel_safe(timeout=timeout)

    @contextmanager
    def cancelled_with_its_task(self) -> Iterator[None]:
        """Inside a pipeline: a task cancelled between queueing a statement and sending it would send it and wait, since a
        pipeline sends what is queued as it ends, and psycopg cancels only what was sent.
        """
        try:
            yield
        except asyncio.CancelledError:
            self.insist()
            raise

    def insist(self) -> None:
        """Asks the server to cancel until it has, from now on and in the background."""
        if not self.closed and (self.insisting is None or self.insisting.done()):
            self.insisting = asyncio.create_task(self._insist(self.pgconn.cancel_conn()))

    async def _insist(self, request: PGcancelConn) -> None:
        pause = FIRST
        await asyncio.sleep(pause)
        while self.info.transaction_status == TransactionStatus.ACTIVE or (self.closed and pause < LAST):
            with suppress(psycopg.Error):
                await asyncio.to_thread(request.blocking)
            request.reset()
            pause = min(pause * 2, LAST)
            await asyncio.sleep(pause)

    async def close(self) -> None:
        at_rest = not self.closed and self.info.transaction_status != TransactionStatus.ACTIVE
        if self.insisting is not None and at_rest:
            self.insisting.cancel()
        await super().close()
