"""Memberships: who belongs to a workspace, and as what. Made by accepting an invitation, never by a plain insert."""

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.base import Row, kept

Role = Literal["viewer", "editor", "admin", "owner"]


class MembershipWrite(SQLModel):
    """What an admin or owner may change."""

    role: Role = Field(sa_type=Text)


class Membership(MembershipWrite, Row, table=True):
    """One person in one workspace."""

    __tablename__ = "memberships"
    __access__ = "memberships"
    __update__ = MembershipWrite
    __delete__ = True
    __guards__ = {"guard_membership": "update or delete"}

    workspace_id: UUID = kept(nullable=False)
    user_id: UUID = kept(nullable=False)

    @classmethod
    def keys(cls) -> list[Any]:
        """Every policy of a workspace's rows asks `user_id -> (workspace_id, role)`: answered by the index alone."""
        return [
            *super().keys(),
            ForeignKeyConstraint(["workspace_id"], ["app.workspaces.id"]),
            ForeignKeyConstraint(["user_id"], ["app.users.id"], ondelete="CASCADE"),
            UniqueConstraint("workspace_id", "user_id"),
            Index(None, "workspace_id", "id"),
            Index("memberships_user_id_idx", "user_id", postgresql_include=["workspace_id", "role"]),
        ]
