"""Pools of connections that notice a dead one by its socket and hand back none that is still somebody's."""

import select
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.seal import Seal
from db.settings import sqlalchemy_url
from db.transaction import Connection


def engine(url: str, *, pool_size: int, seal: Seal | None, pool_timeout: float = 10) -> AsyncEngine:
    """A pool for one login, what seals its identities, and how many seconds a request waits for a connection of it.

    `pool_recycle` stays below the 300 s after which serverless hosts drop idle connections.
    """
    made = create_async_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout,
        pool_recycle=240,
        connect_args={"async_creator_fn": Connection.connect, "autocommit": True, "connect_timeout": 10},
    )

    @event.listens_for(made.sync_engine, "connect")
    def hand_seal(connection: Any, _record: Any) -> None:
        connection.driver_connection.seal = seal

    event.listen(made.sync_engine, "checkout", refuse_dead)
    event.listen(made.sync_engine, "checkin", forget_identity)
    return made


def refuse_dead(connection: Any, _record: Any, _proxy: Any) -> None:
    """An idle connection has nothing to say: a readable socket is one that the server closed. Costs no round trip.

    Raises: DisconnectionError, upon which the pool connects anew.
    """
    poll = select.poll()
    poll.register(connection.driver_connection.pgconn.socket, select.POLLIN)
    if poll.poll(0):
        raise DisconnectionError("the server closed this idle connection")
    # A transaction that somebody left open is bound to them.
    if connection.driver_connection.info.transaction_status != TransactionStatus.IDLE:
        raise DisconnectionError("this connection was handed back inside a transaction")
    if connection.driver_connection.insisting is not None:
        raise DisconnectionError("a request to cancel may still be on its way to this connection")


def forget_identity(connection: Any, _record: Any) -> None:
    """A pooled connection belongs to nobody."""
    if connection is not None:
        connection.driver_connection.bind_to(None)
