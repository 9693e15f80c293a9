"""Tasks: the work of a project; a task may move to another project of its workspace."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from db.base import TenantRow


class TaskWrite(SQLModel):
    """What an editor may change."""

    project_id: UUID
    title: str = Field(min_length=1, max_length=200)
    body: str = Field(default="", max_length=100_000)
    status: Literal["todo", "doing", "done"] = Field(default="todo", sa_type=Text)
    due_on: date | None = None


class TaskCreate(TaskWrite):
    """What an editor sends for a new one."""

    workspace_id: UUID


class Task(TaskCreate, TenantRow, table=True):
    """One task."""

    __tablename__ = "tasks"
    __access__ = "tenant"
    __create__ = TaskCreate
    __update__ = TaskWrite
    __parents__: ClassVar[dict[str, str]] = {"project_id": "projects"}
