"""Attempts: how often somebody guessed of late, under hashes of the address and of the network, never either by itself."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index

from db.base import Table, kept


class Attempt(Table, table=True):
    """One count: of an account from one place, of an account from everywhere, or of a network, which has no account."""

    __tablename__ = "attempts"
    __access__ = "attempts"
    __schema__ = "auth"

    bucket: bytes = kept(primary_key=True)
    account: bytes | None = kept()
    failures: int = kept("1", nullable=False)
    last_at: datetime = kept("clock_timestamp()", nullable=False)
    expires_at: datetime = kept("now() + interval '1 hour'", nullable=False)

    @classmethod
    def grants(cls) -> list[tuple[str, str, tuple[str, ...]]]:
        """Nobody's: auth.attempt and auth.passed read and write them."""
        return []

    @classmethod
    def keys(cls) -> list[Any]:
        """Only hashes are stored; counts are forgotten by time."""
        return [
            CheckConstraint("octet_length(bucket) = 32", name="bucket"),
            CheckConstraint("octet_length(account) = 32", name="account"),
            Index(None, "expires_at"),
        ]
