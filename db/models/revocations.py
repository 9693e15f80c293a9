"""Revocations: sessions that have ended, for as long as an access token may outlive its session."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index

from db.base import Table, kept


class Revocation(Table, table=True):
    """One ended session; no key binds it to anything, since what it was built on is gone."""

    __tablename__ = "revocations"
    __access__ = "revocations"
    __schema__ = "auth"

    session_id: UUID = kept(primary_key=True)
    created_at: datetime = kept("clock_timestamp()", nullable=False)

    @classmethod
    def grants(cls) -> list[tuple[str, str, tuple[str, ...]]]:
        """Nobody's: the trigger of app.sessions writes, and auth.ended_sessions reads."""
        return []

    @classmethod
    def keys(cls) -> list[Any]:
        """Read by time."""
        return [Index(None, "created_at")]
