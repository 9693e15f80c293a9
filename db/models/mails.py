"""Mails: what is to be sent to an address, and the one-time token in it, of which the hash alone is stored."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from db.base import Table, kept

Kind = Literal["verify", "known", "reset", "change", "changed", "invitation"]


class Mail(Table, table=True):
    """One mail: due, claimed by one sender, sent; and for an hour the proof that its token is good."""

    __tablename__ = "mails"
    __access__ = "mails"
    __schema__ = "auth"

    id: UUID = kept("app.uuidv7()", primary_key=True)
    kind: Kind = Field(sa_type=Text)
    address: str = Field(min_length=3, max_length=320)
    user_id: UUID | None = kept()
    token_hash: bytes | None = kept()
    stands: bytes | None = kept()
    about: UUID | None = kept()
    created_at: datetime = kept("now()", nullable=False)
    expires_at: datetime = kept("now() + interval '1 hour'", nullable=False)
    due_at: datetime | None = kept()
    tries: int = kept("0", nullable=False)
    claimed_at: datetime | None = kept()
    sent_at: datetime | None = kept()

    @classmethod
    def grants(cls) -> list[tuple[str, str, tuple[str, ...]]]:
        """Nobody's: functions of schema auth read and write them."""
        return []

    @classmethod
    def keys(cls) -> list[Any]:
        """A mail goes with its person; only hashes are stored of a token, and of the credentials that it was made for."""
        return [
            ForeignKeyConstraint(["user_id"], ["app.users.id"], ondelete="CASCADE"),
            UniqueConstraint("token_hash"),
            CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
            CheckConstraint("octet_length(stands) = 32", name="stands"),
            Index(None, "user_id"),
            Index(None, "address"),
            Index(None, "due_at"),
        ]
