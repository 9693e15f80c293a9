"""Sessions: where a person is signed in. A session is really deleted to end it, and all that was built on it goes along."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index
from sqlmodel import Field

from db.base import Table, kept


class Session(Table, table=True):
    """One sign-in, kept alive by its refresh tokens."""

    __tablename__ = "sessions"
    __access__ = "sessions"
    __delete__ = True
    __path__ = "me/sessions"
    __guards__: ClassVar[dict[str, str]] = {"revoke_session": "delete"}

    id: UUID = kept("app.uuidv7()", primary_key=True)
    owner_id: UUID = kept(nullable=False)
    device: str = Field(default="", max_length=200)
    created_at: datetime = kept("now()", nullable=False)
    used_at: datetime = kept("now()", nullable=False)
    expires_at: datetime = kept("now() + interval '30 days'", nullable=False)

    @classmethod
    def keys(cls) -> list[Any]:
        """A session goes with its person."""
        return [
            ForeignKeyConstraint(["owner_id"], ["app.users.id"], ondelete="CASCADE"),
            Index(None, "owner_id", "id"),
        ]
