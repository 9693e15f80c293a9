"""Service accounts: made, listed and ended by a workspace's admins, who make their keys too; nobody signs in as one."""

from typing import Literal
from uuid import UUID

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, Field
from sqlalchemy import bindparam, func, select
from sqlmodel import col
from starlette.responses import Response

from api.bodies import Body, answer, columns, page
from api.deps import Me, SignedIn
from api.problems import not_found
from api.resource import Cursor, Limit, paged
from api.routes.me_keys import Lasting, Shown, shown, stored
from api.secret import new_secret
from db.models.keys import Key
from db.models.memberships import Membership
from db.models.users import User
from db.service_accounts import ended, key_gone, keys_of, new_key

router = APIRouter(prefix="/v1/service-accounts", tags=["service-accounts"])
Name = Field(min_length=1, max_length=100)


class NewServiceAccount(Body):
    """Where, and as what; a service account owns no workspace."""

    workspace_id: UUID
    name: str = Name
    role: Literal["viewer", "editor", "admin"] = "viewer"


class ServiceAccount(BaseModel):
    """A member that is nobody; its profile is a user's, by the same id."""

    id: UUID
    workspace_id: UUID
    name: str
    role: str


class ServiceAccountPage(BaseModel):
    """Newest first, and the cursor of the next page."""

    items: list[ServiceAccount]
    next: str | None = Field(description="Give it back as `cursor`; null on the last page.")


class NewKey(Lasting):
    """A key for the account's own workspace; whatever its role, a key may be one that only reads."""

    name: str = Name
    read_only: bool = Field(default=False, description="Nothing is written with it.")


FOUND = (
    select(col(User.id), col(Membership.workspace_id), col(User.name), col(Membership.role))
    .join(Membership, col(Membership.user_id) == col(User.id))
    .where(col(Membership.service), col(Membership.workspace_id) == bindparam("workspace"))
    .order_by(col(User.id).desc())
    .limit(bindparam("rows"))
)


@router.post("", status_code=201, response_model=ServiceAccount)
async def create(me: SignedIn, new: NewServiceAccount) -> Response:
    """Make one; this takes an admin of the workspace."""
    ((id,),) = await me.once(select(func.app.create_service_account(new.workspace_id, new.name, new.role)))
    return Response(orjson.dumps({"id": id, **new.model_dump()}), 201, media_type="application/json")


@router.get("", response_model=ServiceAccountPage)
async def read_page(me: Me, workspace_id: UUID, limit: Limit = 20, cursor: Cursor = None) -> Response:
    """Those of a workspace, newest first; every member sees them."""
    listed = FOUND.where(col(User.id) < cursor) if cursor else FOUND
    return paged(await me.once(listed, workspace=workspace_id, rows=limit + 1), limit)


@router.delete("/{id}", status_code=204)
async def remove(me: SignedIn, id: UUID) -> None:
    """End one, and its keys with it; what it wrote stays, without its name."""
    if not await me.once(ended(id).returning(col(Membership.id))):
        raise not_found()


@router.post("/{id}/keys", status_code=201, response_model=Shown)
async def create_key(me: SignedIn, id: UUID, new: NewKey) -> Response:
    """Make a key of it, as an admin of its workspace; it is shown here and never again."""
    secret = new_secret()
    values = {"name": new.name, "read_only": new.read_only, **stored(secret, new.days)}
    return await shown(me, new_key(id, values), secret)


@router.get("/{id}/keys", response_model=page(Key, answer(Key)))
async def read_keys(me: Me, id: UUID, limit: Limit = 20, cursor: Cursor = None) -> Response:
    """Its keys, newest first, for an admin of its workspace."""
    listed = keys_of(id, columns(Key)).limit(limit + 1)
    return paged(await me.once(listed.where(col(Key.id) < cursor) if cursor else listed), limit)


@router.delete("/{id}/keys/{key_id}", status_code=204)
async def revoke_key(me: SignedIn, id: UUID, key_id: UUID) -> None:
    """Revoke one of its keys."""
    if not await me.once(key_gone(id, key_id).returning(col(Key.id))):
        raise not_found()
