"""What a list is within: an owner's table lists what is yours, a tenant's table one workspace or one parent.

A list across many tenants ordered by time cannot use an index under row security, so a tenant's list names one.
"""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import ColumnElement, select

from api.problems import Problem, in_parameter
from db.base import Table


def scopes(model: type[Table]) -> Any:
    """A dependency that answers the conditions of a list; its query parameters are the tenant and the parents.

    Raises: Problem 422 where a tenant's list names neither.
    """
    if "workspace_id" not in model.model_fields:
        return Annotated[list[ColumnElement[bool]], Depends(_everything)]
    parents = {column: parent for column, parent in model.__parents__.items() if column != "workspace_id"}
    if not parents:
        return Annotated[list[ColumnElement[bool]], Depends(_within_workspace(model))]
    ((column, parent),) = parents.items()
    return Annotated[list[ColumnElement[bool]], Depends(_within_parent(model, column, parent))]


async def _everything() -> list[ColumnElement[bool]]:
    return []


def _within_workspace(model: Any) -> Any:
    async def within(workspace_id: UUID) -> list[ColumnElement[bool]]:
        return [model.workspace_id == workspace_id]

    return within


def _within_parent(model: Any, column: str, parent: str) -> Any:
    above = model.metadata.tables[f"app.{parent}"].c

    async def within(
        workspace_id: UUID | None = None, parent_id: Annotated[UUID | None, Query(alias=column)] = None
    ) -> list[ColumnElement[bool]]:
        if parent_id is None and workspace_id is None:
            detail = f"name a workspace_id or a {column}"
            raise Problem(422, "The request is not as it should be.", errors=[in_parameter("workspace_id", detail)])
        found = []
        if workspace_id is not None:
            found.append(model.workspace_id == workspace_id)
        if parent_id is not None:
            # The parent's tenant leads the index; a parent that the caller cannot see has none.
            found.append(getattr(model, column) == parent_id)
            if workspace_id is None:
                found.append(model.workspace_id == select(above.workspace_id).where(above.id == parent_id).scalar_subquery())
        return found

    return within
