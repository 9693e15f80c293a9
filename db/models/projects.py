"""Projects: what a workspace works on."""

from typing import ClassVar
from uuid import UUID

from sqlmodel import Field, SQLModel

from db.base import TenantRow


class ProjectWrite(SQLModel):
    """What an editor may change."""

    name: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=10_000)


class ProjectCreate(ProjectWrite):
    """What an editor sends for a new one."""

    workspace_id: UUID


class Project(ProjectCreate, TenantRow, table=True):
    """One project."""

    __tablename__ = "projects"
    __access__ = "tenant"
    __create__ = ProjectCreate
    __update__ = ProjectWrite
    __parents__: ClassVar[dict[str, str]] = {"workspace_id": "workspaces"}
