"""Inviting and accepting: a token is shown once, to whoever invites or by mail, and makes whoever holds it a member."""

from fastapi import APIRouter, Request
from sqlalchemy import delete, func, insert, select
from sqlmodel import col
from starlette.responses import Response

from api.bodies import answer, columns, create_body
from api.deps import Me
from api.handover import Accept, shown, with_token
from api.problems import Problem
from api.resource import naming_workspace, one
from api.routes.auth import Address
from api.secret import digest, new_secret
from db.models.invitations import Invitation, InvitationCreate
from db.models.memberships import Membership
from db.transaction import once, person

router = APIRouter(prefix="/v1/invitations", tags=["invitations"])
New = create_body(Invitation, InvitationCreate)


@router.post("", status_code=201, response_model=with_token(Invitation))
async def create(me: Me, new: New) -> Response:  # type: ignore[valid-type]
    """Invite somebody, in a role at most one's own; hand them the token."""
    made = new_secret()
    values = {**new.model_dump(), "token_hash": digest(made)}  # type: ignore[attr-defined]
    async with naming_workspace(New):
        (row,) = await me.once(insert(Invitation).values(values).returning(*columns(Invitation)))
    return shown(row, made)


class Mailed(New):  # type: ignore[misc, valid-type]
    """An invitation, and where to send it."""

    email: Address


@router.post("/mail", status_code=201, response_model=answer(Invitation))
async def mail(request: Request, me: Me, new: Mailed) -> Response:
    """Invite whoever reads mail at an address: the token is in that mail alone. Whether it has an account is not looked at."""
    outbox, values = request.app.state.outbox, new.model_dump(exclude={"email"})
    key, token_hash = outbox.new()
    async with naming_workspace(New):
        (row,) = await me.once(insert(Invitation).values({**values, "token_hash": token_hash}).returning(*columns(Invitation)))
    sent = select(func.auth.mail_invitation(row.id, new.email, key))
    if not (await once(request.app.state.auth, person(me.user_id, "app_auth"), sent))[0][0]:
        await me.once(delete(Invitation).where(col(Invitation.id) == row.id).returning(col(Invitation.id)))
        raise Problem(429, "Too many invitations by mail; try again later.", headers={"Retry-After": "3600"})
    outbox.wake()
    return one([row], 201)


@router.post("/accept", status_code=201, response_model=answer(Membership))
async def accept(me: Me, token: Accept) -> Response:
    """Become a member. A token that is wrong, used, revoked or expired is like none."""
    made = func.app.accept_invitation(*token.parts())
    return one(await me.once(select(made.table_valued(*(column.key for column in columns(Membership))))), 201)
