"""Invitations: a role in a workspace, for whoever holds the token; its hash is all that is stored."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text
from sqlmodel import Field, SQLModel

from db.base import Row, kept
from db.models.memberships import Role


class InvitationCreate(SQLModel):
    """What an admin or owner says."""

    workspace_id: UUID
    role: Role = Field(default="viewer", sa_type=Text)


class InvitationInsert(InvitationCreate):
    """What is stored of it: the secret itself is shown once, to the inviter."""

    token_hash: bytes


class Invitation(InvitationInsert, Row, table=True):
    """One invitation, open until it is accepted, revoked or expired."""

    __tablename__ = "invitations"
    __access__ = "invitations"
    __create__ = InvitationInsert
    __delete__ = True
    __routes__ = ("read", "delete")
    __hidden__ = ("token_hash",)
    __parents__: ClassVar[dict[str, str]] = {"workspace_id": "workspaces"}
    __guards__ = {"guard_invitation": "insert"}

    expires_at: datetime = kept("now() + interval '7 days'", nullable=False)
    accepted_at: datetime | None = kept()
    accepted_by: UUID | None = kept()

    @classmethod
    def keys(cls) -> list[Any]:
        """An invitation goes with the membership of who made it; only a hash of 256 bits is a token's."""
        return [
            *super().keys(),
            ForeignKeyConstraint(["workspace_id"], ["app.workspaces.id"]),
            ForeignKeyConstraint(["accepted_by"], ["app.users.id"], ondelete="SET NULL"),
            CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
            Index(None, "workspace_id", "id"),
            Index(None, "accepted_by"),
        ]
