"""Workspaces: what people share. Whoever makes one is its owner; `app.create_workspace` makes both."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from db.base import Row, kept


class WorkspaceWrite(SQLModel):
    """What an owner may change."""

    name: str = Field(min_length=1, max_length=100)


class Workspace(WorkspaceWrite, Row, table=True):
    """One workspace."""

    __tablename__ = "workspaces"
    __access__ = "workspaces"
    __update__ = WorkspaceWrite

    deleted_at: datetime | None = kept()
