"""Pools of connections that notice a dead one by its socket and hand back none that is still somebody's."""

from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.seal import Seal
from db.settings import sqlalchemy_url
from db.transaction import Connection


def engine(url: str, *, pool_size: int, seal: Seal | None, pooled: bool = False, pool_timeout: float = 10) -> AsyncEngine:
    """A pool for one login, what seals its identities, and how many seconds a request waits for a connection of it.

    `pooled` says that another pool, of transactions, stands before the database.

    `pool_recycle` stays below the 300 s after which serverless hosts drop idle connections.
    """
    made = create_async_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout,
        pool_recycle=240,
        # An error that is logged says which statement, and not with what.
        hide_parameters=True,
        connect_args={
            "async_creator_fn": Connection.connect,
            "autocommit": True,
            "connect_timeout": 10,
            # Prepared on one of a pooler's connections, a statement is missing on the others.
            "prepare_threshold": None if pooled else 5,
        },
    )

    @event.listens_for(made.sync_engine, "connect")
    def hand_over(connection: Any, _record: Any) -> None:
        connection.driver_connection.seal, connection.driver_connection.pooled = seal, pooled

    event.listen(made.sync_engine, "checkout", refuse_dead)
    event.listen(made.sync_engine, "checkin", forget)
    return made


def refuse_dead(connection: Any, _record: Any, _proxy: Any) -> None:
    """Costs no round trip. Where a reset was begun its answer is read first (`lent` in db/transaction.py).

    Raises: DisconnectionError, upon which the pool connects anew.
    """
    if connection.driver_connection.insisting is not None:
        raise DisconnectionError("a request to cancel may still be on its way to this connection")
    if connection.driver_connection.resetting:
        return
    if connection.driver_connection.dead:
        raise DisconnectionError("the server closed this idle connection")
    # A transaction that somebody left open is bound to them.
    if connection.driver_connection.info.transaction_status != TransactionStatus.IDLE:
        raise DisconnectionError("this connection was handed back inside a transaction")


def forget(connection: Any, _record: Any) -> None:
    """A pooled connection belongs to nobody, and remembers nothing; whoever hands it back does not wait for that."""
    if connection is not None:
        connection.driver_connection.bind_to(None)
        connection.driver_connection.reset()
