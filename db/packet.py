"""What is queued in a pipeline goes to the server in one write; psycopg by itself writes, and polls, statement by statement.

A write for each wakes the server up for each: for a request of one statement, 65 microseconds of the API's and its CPU.
"""

from collections.abc import Callable

from psycopg import AsyncPipeline, generators
from psycopg.abc import PQGen


class Packet(AsyncPipeline):
    """A pipeline that is written when it ends, and what follows right behind it, whose answer it leaves unread."""

    behind: Callable[[], None] | None = None

    def _communicate_gen(self) -> PQGen[None]:
        # Into libpq's buffer, which Sync flushes.
        while self.command_queue:
            self.command_queue.popleft()()
        return
        yield  # a generator, as psycopg's

    def _sync_gen(self) -> PQGen[None]:
        if self.behind:
            # The answer to all so far is sent at once; one Sync ends it and what follows, since libpq writes at each.
            self.command_queue.append(self.pgconn.send_flush_request)
            yield from self._communicate_gen()
            self.behind()
        else:
            self._enqueue_sync()
            yield from self._communicate_gen()
        yield from generators.send(self.pgconn)
        yield from self._fetch_gen(flush=False)

    _exit_gen = _sync_gen

    def _exit(self, exc: BaseException | None) -> None:
        if self.behind:
            # Whoever reads the rest of the answers ends the mode.
            self.level -= 1
        else:
            super()._exit(exc)
