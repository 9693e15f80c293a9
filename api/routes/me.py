"""The caller's own profile and password."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field
from sqlalchemy import func, select, update
from sqlmodel import col
from starlette.responses import Response

from api.bodies import Body, answer, columns, patch_body
from api.deps import Me, SignedIn
from api.problems import Problem, in_body
from api.resource import one
from api.routes.auth import LONGEST, Password
from db.models.users import User, UserWrite
from db.transaction import once, person

router = APIRouter(prefix="/v1/me", tags=["me"])
Changes = patch_body(User, UserWrite)
row = answer(User)


@router.get("", response_model=row)
async def read_me(me: Me) -> Response:
    """Who I am."""
    return one(await me.once(select(*columns(User)).where(col(User.id) == me.user_id)))


class NewPassword(Body):
    """The password before, and the one from now on."""

    current: Annotated[str, Field(min_length=1, max_length=LONGEST, json_schema_extra={"format": "password"})]
    new: Password


@router.post("/password", status_code=204)
async def change_password(request: Request, me: SignedIn, change: NewPassword) -> None:
    """Change my password; every session but this one ends."""
    state, mine = request.app.state, person(me.user_id, "app_auth")
    place = state.throttle.place(request, str(me.user_id))
    known = (await state.throttle.attempt(request, mine, place)).password_hash
    if await state.passwords.verified(known, change.current):
        renewed = await state.passwords.hashed(change.new)
        changed = select(func.auth.change_password(known, renewed, me.session_id), func.auth.passed(*place))
        if (await once(state.auth, mine, changed))[0][0]:
            return
    raise Problem(422, "The request is not as it should be.", errors=[in_body("current", "The password is wrong.")])


@router.patch("", response_model=row)
async def patch_me(me: Me, changes: Changes) -> Response:  # type: ignore[valid-type]
    """Change my name."""
    values = changes.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
    return one(await me.once(update(User).where(col(User.id) == me.user_id).values(values).returning(*columns(User))))
