"""The caller's own profile."""

from fastapi import APIRouter
from sqlalchemy import select, update
from sqlmodel import col
from starlette.responses import Response

from api.bodies import answer, columns, patch_body
from api.deps import Me
from api.resource import one
from db.models.users import User, UserWrite

router = APIRouter(prefix="/v1/me", tags=["me"])
Changes = patch_body(User, UserWrite)
row = answer(User)


@router.get("", response_model=row)
async def read_me(me: Me) -> Response:
    """Who I am."""
    return one(await me.once(select(*columns(User)).where(col(User.id) == me.user_id)))


@router.patch("", response_model=row)
async def patch_me(me: Me, changes: Changes) -> Response:  # type: ignore[valid-type]
    """Change my name."""
    values = changes.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    return one(await me.once(update(User).where(col(User.id) == me.user_id).values(values).returning(*columns(User))))
