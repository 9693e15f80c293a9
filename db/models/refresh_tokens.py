"""Refresh tokens: each keeps a session alive once; its hash is all that is stored."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index

from db.base import Table, kept


class RefreshToken(Table, table=True):
    """One token of a session; a used one stays for a week, so that a copy is noticed."""

    __tablename__ = "refresh_tokens"
    __access__ = "refresh_tokens"
    __schema__ = "auth"

    owner_id: UUID = kept(nullable=False)
    session_id: UUID = kept(primary_key=True)
    token_hash: bytes = kept(primary_key=True)
    created_at: datetime = kept("now()", nullable=False)
    used_at: datetime | None = kept()

    @classmethod
    def grants(cls) -> list[tuple[str, str, tuple[str, ...]]]:
        """Nobody's: auth.start_session and auth.refresh read and write them."""
        return []

    @classmethod
    def keys(cls) -> list[Any]:
        """A token goes with its session; only a hash of 256 bits is a token's."""
        return [
            ForeignKeyConstraint(["owner_id"], ["app.users.id"], ondelete="CASCADE"),
            ForeignKeyConstraint(["owner_id", "session_id"], ["app.sessions.owner_id", "app.sessions.id"], ondelete="CASCADE"),
            Index(None, "owner_id", "session_id"),
            CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
        ]
