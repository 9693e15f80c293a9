"""What a list is within: an owner's table lists what is yours, a tenant's table one workspace or one parent.

A list across many tenants ordered by time cannot use an index under row security, so a tenant's list names one.
"""

from collections.abc import Callable
from functools import cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import Integer, Select, and_, bindparam, select

from api.bodies import columns
from api.problems import Problem, in_parameter

Within = dict[str, UUID]
# In the statement's text: with a parameter Postgres plans each execution anew, since a plan for any number of rows looks dear:
# 100 us and more of a list. Few numbers, or asking for many would push what is prepared out of the sessions.
ROWS = bindparam("rows", type_=Integer(), literal_execute=True)
PAGES = 20, 50, 100


def rows(limit: int) -> int:
    """How many a page of `limit` reads: one more, which tells whether another page follows, or those of a longer page."""
    return next(page for page in PAGES if limit <= page) + 1


def scopes(model: Any) -> Any:
    """A dependency that answers which tenant or parent a list names; they are its query parameters.

    Raises: Problem 422 where a tenant's list names neither.
    """
    if "workspace_id" not in model.model_fields:
        return Annotated[Within, Depends(_everything)]
    column = _parent(model)
    return Annotated[Within, Depends(_within_parent(column) if column else _within_workspace)]


def lists(model: Any, *conditions: Any) -> Callable[..., Select[Any]]:
    """The statement of a page, newest first, for the names of what bounds it: `cursor`, the tenant, the parent.

    Each is built once, with parameters: a select made anew costs 150 us and more of a request.
    """
    column = _parent(model)
    bounds = {"cursor": model.id < bindparam("cursor")}
    if "workspace_id" in model.model_fields:
        bounds["workspace_id"] = model.workspace_id == bindparam("workspace_id")
    if column:
        # The parent's tenant leads the index; a parent that the caller cannot see has none.
        above = model.metadata.tables[f"app.{model.__parents__[column]}"].c
        tenant = select(above.workspace_id).where(above.id == bindparam(column)).scalar_subquery()
        bounds[column] = and_(getattr(model, column) == bindparam(column), model.workspace_id == tenant)
    page = select(*columns(model)).where(*conditions).order_by(model.id.desc()).limit(ROWS)

    @cache
    def statement(*names: str) -> Select[Any]:
        return page.where(*(bounds[name] for name in names))

    return statement


def _parent(model: Any) -> str | None:
    # An owner's list is short of nothing without its parent: the owner leads every index.
    if "workspace_id" not in model.model_fields:
        return None
    return next((column for column in model.__parents__ if column != "workspace_id"), None)


async def _everything() -> Within:
    return {}


async def _within_workspace(workspace_id: UUID) -> Within:
    return {"workspace_id": workspace_id}


def _within_parent(column: str) -> Any:
    async def within(workspace_id: UUID | None = None, parent: Annotated[UUID | None, Query(alias=column)] = None) -> Within:
        given = {name: value for name, value in (("workspace_id", workspace_id), (column, parent)) if value}
        if not given:
            detail = f"name a workspace_id or a {column}"
            raise Problem(422, "The request is not as it should be.", errors=[in_parameter("workspace_id", detail)])
        return given

    return within
