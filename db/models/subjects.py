"""Subjects: who a person is at a provider, which alone signs them in; they have no password here and no address."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlmodel import Field

from db.base import Table, kept


class Subject(Table, table=True):
    """One person at one issuer; auth.arrive makes the id of both, so that the same subject has the same one after its end."""

    __tablename__ = "subjects"
    __access__ = "subjects"
    __schema__ = "auth"
    __guards__: ClassVar[dict[str, str]] = {"revoke_subject": "update or delete"}

    id: UUID = kept("app.uuidv7()", primary_key=True)
    user_id: UUID = kept("app.uuidv7()", nullable=False)
    issuer: str = Field(min_length=1, max_length=500)
    subject: str = Field(min_length=1, max_length=255)
    created_at: datetime = kept("now()", nullable=False)
    disabled_at: datetime | None = kept()

    @classmethod
    def grants(cls) -> list[tuple[str, str, tuple[str, ...]]]:
        """app_auth reads a person's own, for their export; auth.arrive writes."""
        return [("app_auth", "SELECT", ("user_id", "issuer", "subject", "created_at"))]

    @classmethod
    def keys(cls) -> list[Any]:
        """A subject goes with its person."""
        return [
            ForeignKeyConstraint(["user_id"], ["app.users.id"], ondelete="CASCADE"),
            UniqueConstraint("issuer", "subject"),
            Index(None, "user_id"),
        ]
