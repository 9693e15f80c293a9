"""Memberships: who belongs to a workspace, and as what. Made by accepting an invitation, never by a plain insert."""

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint
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
    __consequences__ = {"end_service": "delete"}

    workspace_id: UUID = kept(nullable=False)
    user_id: UUID = kept(nullable=False)
    service: bool = kept("false", nullable=False)

    @classmethod
    def grants(cls) -> list[tuple[str, str, tuple[str, ...]]]:
        """`seal.claimed_workspaces` reads it for policies."""
        return [*super().grants(), ("app_seal", "SELECT", ("workspace_id", "user_id", "role"))]

    @classmethod
    def keys(cls) -> list[Any]:
        """Every policy of a workspace's rows asks `user_id -> (workspace_id, role)`: answered by the index alone."""
        return [
            *super().keys(),
            ForeignKeyConstraint(["workspace_id"], ["app.workspaces.id"]),
            # Whoever is a service account is one in the membership too, whichever way it came about.
            ForeignKeyConstraint(["user_id", "service"], ["app.users.id", "app.users.service"], ondelete="CASCADE"),
            UniqueConstraint("workspace_id", "user_id"),
            Index(None, "workspace_id", "id"),
            Index("memberships_user_id_service_idx", "user_id", "service", postgresql_include=["workspace_id", "role"]),
            # A service account owns nothing: its workspace always has a person to answer for it.
            CheckConstraint("not service or role <> 'owner'", name="service", info={"chosen": "role"}),
        ]
