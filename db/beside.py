"""Work beside requests lasts as long as its block does, and no longer."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

AGAIN = 0.1  # seconds until it is told to end again


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs it in the background, and ends it with the block.

    It is cancelled until it has ended. psycopg waits by `asyncio.wait_for`, which before Python 3.12 drops a cancellation that
    comes in the same round of the loop as the answer: the process would never stop.
    """
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=AGAIN)
        with suppress(asyncio.CancelledError):
            await task
