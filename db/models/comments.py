"""Comments: what members say about a task; each is changed by its author only."""

from typing import ClassVar
from uuid import UUID

from sqlmodel import Field, SQLModel

from db.base import TenantRow


class CommentWrite(SQLModel):
    """What its author may change."""

    body: str = Field(min_length=1, max_length=10_000)


class CommentCreate(CommentWrite):
    """What an editor sends for a new one."""

    workspace_id: UUID
    task_id: UUID


class Comment(CommentCreate, TenantRow, table=True):
    """One comment."""

    __tablename__ = "comments"
    __access__ = "tenant authored"
    __create__ = CommentCreate
    __update__ = CommentWrite
    __parents__: ClassVar[dict[str, str]] = {"task_id": "tasks"}
