"""Keys: what acts for a person without them, until it expires or is revoked, and within a scope that the database holds."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlmodel import Field, SQLModel

from db.base import Table, kept


class KeyWrite(SQLModel):
    """What a person says of a new key; without a scope it may what they may."""

    name: str = Field(min_length=1, max_length=100)
    read_only: bool = Field(default=False, description="Nothing is written with it.")
    only_workspace_id: UUID | None = Field(
        default=None, description="Nothing outside of this workspace, private rows included."
    )


class KeyInsert(KeyWrite):
    """What is stored of it: the secret itself is shown once. Its owner is who makes it, or a service account of theirs."""

    owner_id: UUID = kept("app.claimed_user_id()", nullable=False)
    expires_at: datetime
    secret_hash: bytes


class Key(KeyInsert, Table, table=True):
    """One key. The workspace has no foreign key: one that is not the caller's narrows to nothing, and tells nothing."""

    __tablename__ = "keys"
    __access__ = "keys"
    __create__ = KeyInsert
    __delete__ = True
    __routes__ = ("read", "delete")
    __path__ = "me/keys"
    __hidden__ = ("secret_hash",)
    __guards__: ClassVar[dict[str, str]] = {"revoke_key": "update or delete"}

    id: UUID = kept("app.uuidv7()", primary_key=True)
    created_at: datetime = kept("now()", nullable=False)
    used_at: datetime | None = kept()
    disabled_at: datetime | None = kept()

    @classmethod
    def keys(cls) -> list[Any]:
        """A key goes with its person; only a hash of 256 bits is a key's."""
        return [
            ForeignKeyConstraint(["owner_id"], ["app.users.id"], ondelete="CASCADE"),
            CheckConstraint("octet_length(secret_hash) = 32", name="secret_hash"),
            CheckConstraint("expires_at <= created_at + interval '366 days'", name="lifetime"),
            Index(None, "owner_id", "id"),
        ]
