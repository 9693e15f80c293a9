"""The only place where a role or a setting is bound: one identity per transaction, sent with its first statement.

On an idle connection the first statement travels in one pipeline with BEGIN and the binding, and with COMMIT where it is
declared to be the only one: one round trip, or n + 1 for n statements. Everything bound is local to the transaction.
An unbound statement is refused by Postgres, since the login may nothing by itself.
"""

import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any, Self
from uuid import UUID

import psycopg
from psycopg.abc import Params, Query
from psycopg.errors import PipelineAborted
from psycopg.pq import PipelineStatus, TransactionStatus
from sqlalchemy import Executable, Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from db.reset import Resettable
from db.seal import Identity, Seal

# Spelled out, so that no `alter role … set default_transaction_…` changes what a request runs in.
BEGIN = "begin isolation level read committed, read write"
READ_ONLY = "begin isolation level read committed, read only"
# Bound as parameters: another session of the same login can read query text, never parameters.
BIND = (
    "select pg_catalog.set_config('role', %s, true), pg_catalog.set_config(%s, %s, true), "
    "pg_catalog.set_config('app.current_scope', %s, true), pg_catalog.set_config('app.current_user_seal', %s, true)"
)


def _worth_a_line(record: logging.LogRecord) -> bool:
    # What follows a failed statement in its pipeline is aborted, and psycopg warns of it although the statement's own
    # error is raised.
    return not (isinstance(record.args, tuple) and any(isinstance(each, PipelineAborted) for each in record.args))


logging.getLogger("psycopg").addFilter(_worth_a_line)


def person(user_id: UUID, role: str = "app_user", scope: str = "") -> Identity:
    """A signed-in person, as `app_user`, or as `app_guest` in what others share with them, or at the bin as `app_trash`.

    A scope narrows what they may: `read:` writes nothing, `write:<workspace>` and `read:<workspace>` see nothing else.
    """
    return Identity(role, "app.current_user_id", str(user_id), scope)


def address(email: str) -> Identity:
    """Somebody who signs up or in: `app_auth` sees the credentials of this address alone."""
    return Identity("app_auth", "auth.email", email)


def session(session_id: UUID) -> Identity:
    """Whoever holds a token of this session: `app_auth` renews and ends it alone."""
    return Identity("app_auth", "auth.session", str(session_id))


def subject(issuer: str, subject: str) -> Identity:
    """Whoever a provider says has come: `app_auth` sees this subject of it alone. An issuer has no space."""
    return Identity("app_auth", "auth.subject", f"{issuer} {subject}")


def token(token_hash: bytes) -> Identity:
    """Whoever holds the token of a mail, by its hash."""
    return Identity("app_auth", "auth.token", token_hash.hex())


def key(key_id: UUID) -> Identity:
    """Whoever holds this API key: `app_auth` looks it up alone."""
    return Identity("app_auth", "auth.key", str(key_id))


def binding(identity: Identity, seal: Seal | None, pid: int) -> tuple[str, str, str, str, str]:
    """The parameters of BIND, for a transaction that starts now on the backend `pid`."""
    return (*identity, seal(identity, pid) if seal else "")


class Connection(Resettable):
    """A connection in autocommit mode whose cursors open the transaction themselves, bound to `identity`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seal: Seal | None = None
        self.cursor_factory = Cursor
        self.server_cursor_factory = ServerCursor
        self.bind_to(None)

    def bind_to(self, identity: Identity | None, *, once: bool = False, begin: str = BEGIN) -> None:
        """From now on, until bound to another: who transactions belong to, whether one statement is all, and how they begin."""
        self.identity, self.once, self.spent = identity, once, False
        # Postgres holds it to that, whatever is executed; policies/identity.sql asks for it.
        reads = identity is not None and identity.scope.startswith("read:")
        self.begin = READ_ONLY if reads and begin == BEGIN else begin

    @asynccontextmanager
    async def bound(self) -> AsyncIterator[None]:
        """What runs inside is in a bound transaction; if it is the first, BEGIN and the binding travel with it."""
        await self.settled()
        status = self.info.transaction_status
        if self.identity is None or status != TransactionStatus.IDLE:
            # Later statements have pipelines of their own, in which psycopg prepares without one more round trip.
            own = status == TransactionStatus.INTRANS and self.pgconn.pipeline_status == PipelineStatus.OFF
            async with self.pipeline() if own else nullcontext():
                with self.cancelled_with_its_task():
                    yield
            return
        if self.once and self.spent:
            raise RuntimeError("a second statement in a transaction declared to have one: use begin()")
        self.spent = True
        async with self.pipeline() as packet:
            with self.cancelled_with_its_task():
                await psycopg.AsyncCursor(self).execute(self.begin)
                await psycopg.AsyncCursor(self).execute(BIND, binding(self.identity, self.seal, self.info.backend_pid))
                yield
                if self.once:
                    await psycopg.AsyncCursor(self).execute("commit")
                    packet.behind = self.send_reset if self.resets else None

    async def commit(self) -> None:
        """Postgres answers COMMIT of a failed transaction with ROLLBACK and no error: that must not look like success.

        Raises: InFailedSqlTransaction.
        """
        if self.info.transaction_status == TransactionStatus.INERROR:
            # SQLAlchemy takes a commit that raised for finished: it must be.
            await self.rollback()
            raise psycopg.errors.InFailedSqlTransaction("a statement failed and was not rolled back: nothing to commit")
        await super().commit()

    async def rollback(self) -> None:
        """Where the reset is under way there is nothing to take back, and nobody waits for it."""
        if not self.resetting:
            await super().rollback()

    async def open(self) -> None:
        """A bound transaction by itself, for what cannot travel in a pipeline: COPY, single rows, server-side cursors."""
        await self.settled()
        if self.info.transaction_status == TransactionStatus.IDLE:
            async with self.bound():
                pass


class Cursor(psycopg.AsyncCursor[Any]):
    """Every way to execute goes through a bound transaction."""

    connection: Connection

    async def execute(self, query: Query, params: Params | None = None, **options: Any) -> Self:
        async with self.connection.bound():
            return await super().execute(query, params, **options)  # type: ignore[arg-type]

    async def executemany(self, query: Query, params_seq: Iterable[Params], *, returning: bool = False) -> None:
        async with self.connection.bound():
            await super().executemany(query, params_seq, returning=returning)

    async def stream(self, query: Query, params: Params | None = None, **options: Any) -> AsyncIterator[Any]:
        await self.connection.open()
        async for row in super().stream(query, params, **options):
            yield row

    @asynccontextmanager
    async def copy(self, statement: Query, params: Params | None = None, **options: Any) -> AsyncIterator[Any]:
        await self.connection.open()
        async with super().copy(statement, params, **options) as copy:
            yield copy


class ServerCursor(psycopg.AsyncServerCursor[Any]):
    """A server-side cursor, declared in a bound transaction."""

    connection: Connection

    async def execute(self, query: Query, params: Params | None = None, **options: Any) -> Self:
        await self.connection.open()
        return await super().execute(query, params, **options)

    def __del__(self, *warn: Any) -> None:
        # A connection that was closed with its task took its cursors along.
        if not self.connection.closed:
            super().__del__(*warn)


@asynccontextmanager
async def connect(engine: AsyncEngine, identity: Identity | None, *, once: bool = False) -> AsyncIterator[AsyncConnection]:
    """A connection bound to `identity`, committed when the block ends well and rolled back otherwise."""
    async with lent(engine) as (connection, driver):
        driver.bind_to(identity, once=once)
        yield connection
        if not once:
            await connection.commit()
            # What went past SQLAlchemy, on the driver's connection; nothing is sent where there was nothing.
            await driver.commit()


@asynccontextmanager
async def lent(engine: AsyncEngine) -> AsyncIterator[tuple[AsyncConnection, Connection]]:
    """A connection whose session was reset; for one that the reset or the server closed the pool makes another."""
    while True:
        async with engine.connect() as connection:
            assert connection.sync_connection is not None
            driver = connection.sync_connection.connection.driver_connection
            assert isinstance(driver, Connection)
            await driver.settled()
            # A reset that was late may have ended well, with a request to cancel it still on its way.
            if not driver.dead and driver.insisting is None:
                yield connection, driver
                return
            await connection.invalidate()


@asynccontextmanager
async def begin(engine: AsyncEngine, identity: Identity) -> AsyncIterator[AsyncSession]:
    """A session in a transaction bound to `identity`: n statements are n + 1 round trips."""
    async with connect(engine, identity) as connection, AsyncSession(connection, expire_on_commit=False) as session:
        yield session
        await session.commit()


async def once(engine: AsyncEngine, identity: Identity, statement: Executable, **values: Any) -> Sequence[Row[Any]]:
    """The rows of one statement, its parameters named, in a transaction of its own: one round trip, commit included."""
    async with connect(engine, identity, once=True) as connection:
        return (await connection.execute(statement, values)).all()
