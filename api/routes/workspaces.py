"""Making a workspace: whoever makes one is its owner."""

from fastapi import APIRouter
from sqlalchemy import func, select
from starlette.responses import Response

from api.bodies import answer, columns, create_body
from api.deps import Me
from api.resource import one
from db.models.workspaces import Workspace, WorkspaceWrite

router = APIRouter(prefix="/v1/workspaces", tags=["workspaces"])
New = create_body(Workspace, WorkspaceWrite)


@router.post("", status_code=201, response_model=answer(Workspace))
async def create(me: Me, new: New) -> Response:  # type: ignore[valid-type]
    """Make a workspace and own it."""
    made = func.app.create_workspace(new.name).table_valued(*(column.key for column in columns(Workspace)))  # type: ignore[attr-defined]
    return one(await me.once(select(made)), 201)
