"""What a session could remember for the next person is gone before it is lent again, and nobody waits for that.

Local settings end with their transaction; SQL in the session could leave everything else: settings, a role, cursors, LISTEN,
advisory locks, temporary objects, and statements prepared under the driver's names, which would run as the next person.
"""

import asyncio
import logging
import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.waiting import Wait

from db.cancelled import Cancelled
from db.packet import Packet

RV = TypeVar("RV")
log = logging.getLogger("rowkeep")
PATIENCE = 5  # seconds for an answer on its way: then it is cancelled, or, by whoever closes, not waited for

# What it does: policies/functions/reset.sql. It is prepared, which saves the server 6 us. SQL in the session may put another
# statement under its name, but none that answers CALL, since PREPARE takes none: any other answer closes the session.
RESET, NAME, INTEGER = b"call audit.reset_session($1)", b"reset_%d", 23
# Besides its own answer and an error: that of what failed before it, and of statements whose task was cancelled.
ANSWERS = {ExecStatus.COMMAND_OK, ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED, ExecStatus.TUPLES_OK}
SYNC, BAD = ExecStatus.PIPELINE_SYNC, ConnStatus.BAD


class Resettable(Cancelled):
    """A connection that goes back to its login's beginnings between two people.

    The message is written right behind the COMMIT of a transaction that is one statement, or else as the connection is handed
    back; its answer, by then long there, is read as the next person comes. To wake the server for it, or a task that waits,
    costs more than the reset does.
    """

    pooled = False
    _prepared_reset = False
    _number = 0  # of the name that the reset was last prepared under
    _sent = False
    _waiting: asyncio.Task[None] | None = None
    _ended = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._said: list[PGresult | None] = []
        self.add_notice_handler(self._noticed)

    @property
    def resets(self) -> bool:
        """Behind a pooler the message would reach whichever session it is given: the pooler resets, or `db.pooler` refuses."""
        return not self.pooled

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
        """Begins, unless it did behind a COMMIT."""
        if self._sent or self.closed or not self.resets or self.insisting is not None:
            return
        if self.pgconn.transaction_status != TransactionStatus.IDLE:
            return
        with suppress(psycopg.Error):
            self.pgconn.enter_pipeline_mode()
            self.send_reset()

    def send_reset(self) -> None:
        """In pipeline mode, which ends as the answer is read; below cursors, whose upkeep of prepared statements would come in
        between. Who reads the answer sees what failed.
        """
        self._sent, self._said = True, []
        if not self._prepared_reset:
            # Another name each time: psycopg's DEALLOCATE ALL may have come behind a statement that failed, and not been heard.
            self._number += 1
            self.pgconn.send_prepare(NAME % self._number, RESET, [INTEGER])
        self.pgconn.send_query_prepared(NAME % self._number, [b"%d" % (len(self._prepared._names) + 1)])
        self.pgconn.pipeline_sync()

    def _deallocate(self, name: bytes | None) -> PQGen[None]:
        """Without a name psycopg drops all that is prepared, as it does behind a ROLLBACK."""
        self._prepared_reset = self._prepared_reset and name is not None
        return super()._deallocate(name)

    @asynccontextmanager
    async def pipeline(self) -> AsyncIterator[Packet]:
        """What is queued inside travels together."""
        packet = self._pipeline = self._pipeline or Packet(self)
        assert isinstance(packet, Packet)
        try:
            async with super().pipeline():
                yield packet
        except BaseException as error:
            if self._sent and not self.closed:
                # What failed before the reset took it along: it is sent anew as the connection is handed back.
                self._waiting = asyncio.create_task(super().wait(self._answer()))
                if isinstance(error, psycopg.Error):
                    await self._undone()
            raise

    async def _undone(self) -> None:
        assert self._waiting is not None
        try:
            await asyncio.shield(self._waiting)
        except psycopg.Error:
            await super().close()
        self._sent, self._waiting = False, None

    async def settled(self) -> None:
        """Nothing runs on this connection before the reset has ended; a session that could not be reset is closed."""
        if not self._sent:
            return
        try:
            if self._waiting is not None or not self._read():
                await self._answered()
            said = [result for result in self._said if result is not None]
            if said and said[-1].command_status == b"CALL":
                self._sent, self._waiting, self._prepared_reset = False, None, True
                return
            # What answers without a word is that it was prepared.
            problem = "; ".join(filter(None, map(_problem, said)))
        except psycopg.Error as error:
            problem = str(error)
        self._sent, self._waiting = False, None
        log.error("closed a session that was not reset: %s", problem)
        await super().close()

    async def _answered(self) -> None:
        if self._waiting is None:
            self._waiting = asyncio.create_task(super().wait(self._answer()))
        if not (await asyncio.wait([self._waiting], timeout=PATIENCE))[0]:
            self.insist()  # what SQL put in its place may not end
        # Whoever waits may be cancelled; the reset may not.
        await asyncio.shield(self._waiting)

    def _answer(self) -> PQGen[None]:
        while not self._read():
            while not (yield Wait.R):
                pass

    def _read(self) -> bool:
        """Takes what is there of the answer, and says whether that was all up to the Sync, behind which pipeline mode ends."""
        pgconn, said = self.pgconn, self._said
        pgconn.consume_input()
        while not pgconn.is_busy():
            result = pgconn.get_result()
            if result is None:
                # One ends each answer, and there are no two where something is still to come.
                if (said and said[-1] is None) or pgconn.status == BAD:
                    raise psycopg.OperationalError("the connection is lost")
            elif result.status == SYNC:
                pgconn.exit_pipeline_mode()
                # What was read beyond the answer: libpq takes the last words of a server for a notice.
                pgconn.is_busy()
                return True
            elif result.status not in ANSWERS:
                raise psycopg.OperationalError(f"an answer of {result.status} to a reset")
            said.append(result)
        return False

    async def wait(self, gen: PQGen[RV], *arguments: Any, **options: Any) -> RV:
        """Whatever is sent comes this way, past cursors too: a rollback by the pool, a pipeline by hand."""
        if self._sent:
            await self.settled()
        return await super().wait(gen, *arguments, **options)

    def _noticed(self, notice: psycopg.errors.Diagnostic) -> None:
        self._ended |= notice.severity_nonlocalized == "FATAL"

    async def close(self) -> None:
        """Whoever closes may be cancelled as they wait."""
        if self._waiting is not None and not self._waiting.done():
            await asyncio.wait([self._waiting], timeout=PATIENCE)
        await super().close()


def _problem(result: PGresult) -> str:
    said = result.error_field(DiagnosticField.MESSAGE_PRIMARY)
    return (said or result.command_status or b"").decode()
