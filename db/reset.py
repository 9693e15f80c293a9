"""What a session could remember for the next person is gone before it is lent again, and nobody waits for that.

Local settings end with their transaction; SQL in the session could leave everything else: settings, a role, cursors, LISTEN,
advisory locks, temporary objects, and statements prepared under the driver's names, which would run as the next person.
"""

import asyncio
import logging
import select
from contextlib import suppress
from typing import Any, TypeVar

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from db.cancelled import Cancelled

RV = TypeVar("RV")
log = logging.getLogger("rowkeep")
PATIENCE = 5  # seconds that closing waits for an answer on its way

# One message. Settings come first, or one of them could time out the rest. What the driver prepared stays, since planning
# anew costs more than all of this. Only a statement prepared in SQL can hold somebody else's text, and only SQL takes one
# away: a session with one that is not the driver's, or with fewer than the driver believes in, is closed. DISCARD ALL would
# drop them all. The function behind pg_prepared_statements is a third cheaper to ask than the view.
RESET = """\
reset session authorization; reset all; close all; unlisten *; discard temp; discard sequences;
select pg_catalog.pg_advisory_unlock_all(), coalesce(pg_catalog.bool_or(from_sql), false) or pg_catalog.count(*) < {prepared}
from pg_catalog.pg_prepared_statement()"""


class Resettable(Cancelled):
    """A connection that goes back to its login's beginnings between two people.

    The message is sent as the first one leaves, and its answer, by then long there, is read as the next one comes: a task
    that waits for it costs the API more than the reset costs Postgres.
    """

    # Behind a pooler the message would reach whichever session it is given: the pooler resets, or `db.pooler` refuses.
    pooled = False
    _sent = False
    _waiting: asyncio.Task[list[PGresult]] | None = None
    _ended = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_notice_handler(self._noticed)

    @property
    def resetting(self) -> bool:
        """Whether its answer is still to be read."""
        return self._sent

    @property
    def dead(self) -> bool:
        """An idle connection has nothing to say: a readable socket is one that the server closed."""
        if self.closed or self._ended:
            return True
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        return bool(poll.poll(0))

    def reset(self) -> None:
        """Begins."""
        if self.pooled or self.closed or self.insisting is not None or self.info.transaction_status != TransactionStatus.IDLE:
            return
        self._sent = True
        # Below cursors, whose upkeep of prepared statements would come in between. Who reads the answer sees what failed.
        with suppress(psycopg.Error):
            self.pgconn.send_query(RESET.format(prepared=len(self._prepared._names)).encode())

    async def settled(self) -> None:
        """Nothing runs on this connection before the reset has ended; a session that could not be reset is closed."""
        if not self._sent:
            return
        try:
            results = await self._answer()
            problem = "; ".join(result.error_message.decode() for result in results if result.status == ExecStatus.FATAL_ERROR)
            if not problem and results[-1].get_value(0, 1) == b"f":
                self._sent, self._waiting = False, None
                return
            problem = problem or "SQL prepared or dropped statements in it: look for SQL that somebody injects"
        except psycopg.Error as error:
            problem = str(error)
        self._sent, self._waiting = False, None
        log.error("closed a session that was not reset: %s", problem)
        await super().close()

    async def _answer(self) -> list[PGresult]:
        if self._waiting is None:
            self.pgconn.consume_input()
            results: list[PGresult] = []
            while not self.pgconn.is_busy():
                if (result := self.pgconn.get_result()) is None:
                    # What was read beyond the answer: libpq takes the last words of a server for a notice.
                    self.pgconn.is_busy()
                    return results
                results.append(result)
            self._waiting = asyncio.create_task(self._rest(results))
        # Whoever waits may be cancelled; the reset may not.
        return await asyncio.shield(self._waiting)

    async def _rest(self, results: list[PGresult]) -> list[PGresult]:
        rest: list[PGresult] = await super().wait(generators.execute(self.pgconn))
        return results + rest

    async def wait(self, gen: PQGen[RV], *arguments: Any, **options: Any) -> RV:
        """Whatever is sent comes this way, past cursors too: a rollback by the pool, a pipeline by hand."""
        await self.settled()
        return await super().wait(gen, *arguments, **options)

    def _noticed(self, notice: psycopg.errors.Diagnostic) -> None:
        self._ended |= notice.severity_nonlocalized == "FATAL"

    async def close(self) -> None:
        """Whoever closes may be cancelled as they wait."""
        if self._waiting is not None and not self._waiting.done():
            await asyncio.wait([self._waiting], timeout=PATIENCE)
        await super().close()
