"""Inviting and accepting: a token is shown once, to whoever invites, and makes whoever holds it a member."""

import hashlib
import secrets
from uuid import UUID

import orjson
from fastapi import APIRouter
from pydantic import Field, create_model
from sqlalchemy import func, insert, select
from starlette.responses import Response

from api.bodies import Body, answer, columns, create_body
from api.deps import Me
from api.problems import not_found
from api.resource import naming_workspace, one
from db.models.invitations import Invitation, InvitationCreate
from db.models.memberships import Membership

router = APIRouter(prefix="/v1/invitations", tags=["invitations"])
New = create_body(Invitation, InvitationCreate)
Shown = create_model("InvitationWithToken", __base__=answer(Invitation), token=(str, Field(description="Shown once.")))


class Accept(Body):
    """The token of an invitation."""

    token: str = Field(min_length=1, max_length=200)


@router.post("", status_code=201, response_model=Shown)
async def create(me: Me, new: New) -> Response:  # type: ignore[valid-type]
    """Invite somebody, in a role at most one's own; hand them the token."""
    secret = secrets.token_urlsafe(32)
    values = {**new.model_dump(), "token_hash": hashlib.sha256(secret.encode()).digest()}  # type: ignore[attr-defined]
    async with naming_workspace(New):
        (row,) = await me.once(insert(Invitation).values(values).returning(*columns(Invitation)))
    body = {**row._asdict(), "token": f"{row.id.hex}.{secret}"}
    return Response(orjson.dumps(body), 201, media_type="application/json")


@router.post("/accept", status_code=201, response_model=answer(Membership))
async def accept(me: Me, token: Accept) -> Response:
    """Become a member. A token that is wrong, used, revoked or expired is like none."""
    key, _, secret = token.token.partition(".")
    try:
        invitation = UUID(hex=key)
    except ValueError as error:
        raise not_found() from error
    made = func.app.accept_invitation(invitation, secret)
    return one(await me.once(select(made.table_valued(*(column.key for column in columns(Membership))))), 201)
