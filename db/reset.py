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
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import Wait

from db.cancelled import Cancelled
from db.packet import Packet

RV = TypeVar("RV")
log = logging.getLogger("rowkeep")
PATIENCE = 5  # seconds that closing waits for an answer on its way

# What it does: policies/functions/reset.sql. Not prepared, since SQL could prepare other SQL under its name.
RESET = "call audit.reset_session({prepared})"
# Besides its own answer and an error: that of what failed before it, and of statements whose task was cancelled.
ANSWERS = {ExecStatus.COMMAND_OK, ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED, ExecStatus.TUPLES_OK}


class Resettable(Cancelled):
    """A connection that goes back to its login's beginnings between two people.

    The message is written right behind the COMMIT of a transaction that is one statement, or else as the connection is handed
    back; its answer, by then long there, is read as the next person comes. To wake the server for it, or a task that waits,
    costs more than the reset does.
    """

    pooled = False
    _sent = False
    _waiting: asyncio.Task[list[PGresult]] | None = None
    _ended = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
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
        idle = self.info.transaction_status == TransactionStatus.IDLE
        if self._sent or self.closed or not self.resets or self.insisting is not None or not idle:
            return
        with suppress(psycopg.Error):
            self.pgconn.enter_pipeline_mode()
            self.send_reset()

    def send_reset(self) -> None:
        """In pipeline mode, which ends as the answer is read; below cursors, whose upkeep of prepared statements would come in
        between. Who reads the answer sees what failed.
        """
        self._sent = True
        self.pgconn.send_query_params(RESET.format(prepared=len(self._prepared._names)).encode(), None)
        self.pgconn.pipeline_sync()

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
                self._waiting = asyncio.create_task(super().wait(_answer(self.pgconn)))
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
            results = await self._answered()
            if [result.status for result in results] == [ExecStatus.COMMAND_OK]:
                self._sent, self._waiting = False, None
                return
            problem = "; ".join(map(_problem, results))
        except psycopg.Error as error:
            problem = str(error)
        self._sent, self._waiting = False, None
        log.error("closed a session that was not reset: %s", problem)
        await super().close()

    async def _answered(self) -> list[PGresult]:
        if self._waiting is None:
            answer = _answer(self.pgconn)
            try:
                next(answer)
            except StopIteration as there:
                return list(there.value)
            self._waiting = asyncio.create_task(super().wait(answer))
        # Whoever waits may be cancelled; the reset may not.
        return await asyncio.shield(self._waiting)

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


def _problem(result: PGresult) -> str:
    said = result.error_field(DiagnosticField.MESSAGE_PRIMARY)
    return said.decode() if said else ExecStatus(result.status).name


def _answer(pgconn: PGconn) -> PQGen[list[PGresult]]:
    """What is there up to the next Sync, behind which the connection leaves its pipeline mode."""
    results: list[PGresult] = []
    pgconn.consume_input()
    nothing = 0
    while True:
        while pgconn.is_busy():
            while not (yield Wait.R):
                pass
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None:
            # One ends each answer, and there are no two where something is still to come.
            nothing += 1
            if nothing > 1 or pgconn.status == ConnStatus.BAD:
                raise psycopg.OperationalError("the connection is lost")
            continue
        nothing = 0
        if result.status == ExecStatus.PIPELINE_SYNC:
            pgconn.exit_pipeline_mode()
            # What was read beyond the answer: libpq takes the last words of a server for a notice.
            pgconn.is_busy()
            return results
        if result.status not in ANSWERS:
            raise psycopg.OperationalError(f"an answer of {result.status} to a reset")
        results.append(result)
