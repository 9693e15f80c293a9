"""The routes of sharing, for every table of the pattern `shared`: offer, accept, list, revoke or leave."""

import uuid
from typing import Any

from fastapi import APIRouter
from sqlalchemy import UUID, bindparam, delete, func, insert, select
from sqlalchemy.exc import DBAPIError
from starlette.responses import Response

from api.bodies import answer, columns, create_body, page
from api.deps import Me
from api.errors import sqlstate
from api.handover import Accept, shown, with_token
from api.problems import not_found
from api.resource import Cursor, Limit, one, paged
from api.scopes import ROWS, rows
from api.secret import digest, new_secret
from db.shares import ShareCreate, row_of


def shares(share: Any) -> APIRouter:
    """Each is one statement; who is the owner, a reader or a writer is the policies' to say."""
    name = share.__parents__[row_of(share)]
    router = APIRouter(prefix=share.path(), tags=[name])
    new_body, row, shape = create_body(share, ShareCreate), getattr(share, row_of(share)), answer(share)
    this, of_row = share.id == bindparam("key"), row == bindparam("row")
    offered = insert(share).returning(*columns(share))
    found = select(*columns(share)).where(of_row)
    this_one, gone = found.where(this), delete(share).where(of_row, this).returning(share.id)
    listed = found.order_by(share.id.desc()).limit(ROWS)
    following = listed.where(share.id < bindparam("cursor"))
    accepted = getattr(func.app, f"accept_shared_{name}")(bindparam("share", type_=UUID()), bindparam("secret"))
    held = select(accepted.table_valued(*(column.key for column in columns(share))))

    @router.post("/{id}/shares", status_code=201, response_model=with_token(share))
    async def offer(me: Me, id: uuid.UUID, new: new_body) -> Response:  # type: ignore[valid-type]
        """Share a row of one's own with whoever is handed the token, and accepts it within seven days."""
        made = new_secret()
        values = {**new.model_dump(), row.key: id, "token_hash": digest(made)}  # type: ignore[attr-defined]
        try:
            return shown((await me.once(offered, **values))[0], made)
        except DBAPIError as error:
            if sqlstate(error) != "23503":
                raise
            raise not_found() from error  # the path names the row, so there is no field to point at

    @router.post("/shares/accept", status_code=201, response_model=shape)
    async def accept(me: Me, token: Accept) -> Response:
        """Take what is shared. A token that is wrong, used, revoked, expired or one's own is like none."""
        key, given = token.parts()
        return one(await me.once(held, share=key, secret=given), 201)

    @router.get("/{id}/shares", response_model=page(share, shape))
    async def read_shares(me: Me, id: uuid.UUID, limit: Limit = 20, cursor: Cursor = None) -> Response:
        """Every share of a row of one's own, and of another's one's own share alone."""
        bounds = {"row": id, "rows": rows(limit)} | ({"cursor": cursor} if cursor else {})
        return paged(await me.once(following if cursor else listed, **bounds), limit)

    @router.get("/{id}/shares/{share_id}", response_model=shape)
    async def read_share(me: Me, id: uuid.UUID, share_id: uuid.UUID) -> Response:
        return one(await me.once(this_one, row=id, key=share_id))

    @router.delete("/{id}/shares/{share_id}", status_code=204)
    async def revoke(me: Me, id: uuid.UUID, share_id: uuid.UUID) -> None:
        """Revoke a share of one's own row, or leave another's; either ends access with the next statement."""
        if not await me.once(gone, row=id, key=share_id):
            raise not_found()

    return router
