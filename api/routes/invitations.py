"""Inviting and accepting: a token is shown once, to whoever invites, and makes whoever holds it a member."""

from fastapi import APIRouter
from sqlalchemy import func, insert, select
from starlette.responses import Response

from api.bodies import answer, columns, create_body
from api.deps import Me
from api.handover import Accept, secret, shown, with_token
from api.resource import naming_workspace, one
from db.models.invitations import Invitation, InvitationCreate
from db.models.memberships import Membership

router = APIRouter(prefix="/v1/invitations", tags=["invitations"])
New = create_body(Invitation, InvitationCreate)


@router.post("", status_code=201, response_model=with_token(Invitation))
async def create(me: Me, new: New) -> Response:  # type: ignore[valid-type]
    """Invite somebody, in a role at most one's own; hand them the token."""
    made, token_hash = secret()
    values = {**new.model_dump(), "token_hash": token_hash}  # type: ignore[attr-defined]
    async with naming_workspace(New):
        (row,) = await me.once(insert(Invitation).values(values).returning(*columns(Invitation)))
    return shown(row, made)


@router.post("/accept", status_code=201, response_model=answer(Membership))
async def accept(me: Me, token: Accept) -> Response:
    """Become a member. A token that is wrong, used, revoked or expired is like none."""
    made = func.app.accept_invitation(*token.parts())
    return one(await me.once(select(made.table_valued(*(column.key for column in columns(Membership))))), 201)
