"""What a session could remember for the next person is gone before it is lent again, and nobody waits for that.

Local settings end with their transaction; SQL in the session could leave everything else: settings, a role, cursors, LISTEN,
advisory locks, temporary objects, and statements prepared under the driver's names, which would run as the next person.
"""

import asyncio
import logging
import select

import psycopg
from psycopg import generators
from psycopg.pq import ExecStatus, TransactionStatus

from db.cancelled import Cancelled

log = logging.getLogger("rowkeep")
PATIENCE = 5  # seconds that closing waits for a reset on its way

# One message. What the driver prepared stays, since planning anew costs more than all of this, and only a statement prepared
# in SQL can hold somebody else's text: a session that has one is closed. DISCARD ALL would drop what the driver still
# believes in.
RESET = """\
select pg_catalog.pg_advisory_unlock_all(), exists (select from pg_catalog.pg_prepared_statements where from_sql);
reset session authorization; reset all; close all; unlisten *; discard temp; discard sequences"""


class Resettable(Cancelled):
    """A connection that goes back to its login's beginnings in the background."""

    _reset_task: asyncio.Task[None] | None = None
    _closing = False

    @property
    def resetting(self) -> bool:
        """Whether it is under way; the next person's first statement waits for its end."""
        return self._reset_task is not None and not self._reset_task.done()

    @property
    def dead(self) -> bool:
        """An idle connection has nothing to say: a readable socket is one that the server closed."""
        if self.closed:
            return True
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        return bool(poll.poll(0))

    def reset(self) -> None:
        """Begins; a session that cannot be reset is closed."""
        if not self.closed and self.insisting is None and self.info.transaction_status == TransactionStatus.IDLE:
            self._reset_task = asyncio.create_task(self._reset())

    async def settled(self) -> None:
        """Nothing runs on this connection before the reset has ended."""
        if self._reset_task is not None:
            # Whoever waits may be cancelled; the reset may not.
            await asyncio.shield(self._reset_task)
            self._reset_task = None

    async def _reset(self) -> None:
        try:
            # Below cursors, whose upkeep of prepared statements would come in between.
            async with self.lock:
                self.pgconn.send_query(RESET.encode())
                results = await self.wait(generators.execute(self.pgconn))
            if any(result.status == ExecStatus.FATAL_ERROR for result in results):
                log.warning("closed a session that could not be reset: %s", results[-1].error_message.decode())
            elif results[0].get_value(0, 1) == b"f" and not self._closing:
                return
            elif not self._closing:
                log.error("closed a session in which statements were prepared by SQL: look for SQL that somebody injects")
        except psycopg.Error as error:
            log.warning("closed a session that could not be reset: %s", error)
        await super().close()

    async def close(self) -> None:
        if self._reset_task is not None and self.resetting:
            # Whoever closes may be cancelled as they wait; the reset closes as it ends.
            self._closing = True
            await asyncio.wait([self._reset_task], timeout=PATIENCE)
        await super().close()
