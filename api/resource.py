"""The routes of one table, made from its model: each is one statement, and no statement names an owner."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from starlette.responses import Response

from api.bodies import answer, columns, create_body, page, patch_body
from api.deps import Caller, Me, SignedIn
from api.errors import hidden, sqlstate
from api.problems import Problem, in_body, not_found
from api.scopes import Within, lists, rows, scopes
from db.shares import shared_with_me

Limit = Annotated[int, Query(ge=1, le=100, description="Rows of a page.")]
Cursor = Annotated[UUID | None, Query(description="`next` of the page before.")]
NO_SUCH_ROW = "There is no such row to refer to."


def resource(model: Any) -> APIRouter:
    """Create, list, read, change, delete, bin and restore, as far as the model grants them."""
    name = str(model.__tablename__)
    router = APIRouter(prefix=model.path(), tags=[name])
    shown, row = columns(model), answer(model)

    if model.__create__ and "create" in model.__routes__:
        new_body, made = create_body(model, model.__create__), insert(model).returning(*shown)

        @router.post("", status_code=201, response_model=row)
        async def create(me: Me, new: new_body) -> Response:  # type: ignore[valid-type]
            async with naming_workspace(new_body):
                return one(await me.once(made, **new.model_dump()), 201)  # type: ignore[attr-defined]

    _lists(router, model)

    found = select(*shown).where(model.id == bindparam("id"))
    # By its key a row may be one that somebody shares; lists are of one's own.
    asked = Caller.as_guest if "shared" in model.__access__.split() else Caller.once

    @router.get("/{id}", response_model=row)
    async def read(me: Me, id: UUID) -> Response:
        return one(await asked(me, found, id=id))

    if model.__update__ and "update" in model.__routes__:
        changes_body = patch_body(model, model.__update__)

        @router.patch("/{id}", response_model=row)
        async def patch(me: Me, id: UUID, changes: changes_body) -> Response:  # type: ignore[valid-type]
            values = changes.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
            return one(await asked(me, update(model).where(model.id == id).values(values).returning(*shown)))

    if "deleted_at" in model.model_fields:
        _bin(router, model)
    elif model.__delete__:
        gone = delete(model).where(model.id == bindparam("key")).returning(model.id)
        # What lets a person in is theirs to end: a key that leaked signs nobody out, and revokes no other.
        who: Any = SignedIn if model.path().startswith("/v1/me/") else Me

        @router.delete("/{id}", status_code=204)
        async def remove(me: who, id: UUID) -> None:
            if not await me.once(gone, key=id):
                raise not_found()

    return router


def _lists(router: APIRouter, model: Any) -> None:
    """Pages of live rows, newest first, of those shared with the caller, and of the bin."""
    scope, many, live = scopes(model), page(model, answer(model)), lists(model)

    @router.get("", response_model=many)
    async def read_page(me: Me, within: scope, limit: Limit = 20, cursor: Cursor = None) -> Response:  # type: ignore[valid-type]
        bounds = _bounds(within, cursor)
        return paged(await me.once(live(*bounds), rows=rows(limit), **bounds), limit)

    if "shared" in model.__access__.split():
        others = lists(model, shared_with_me(model))

        @router.get("/shared", response_model=many)
        async def read_shared(me: Me, within: scope, limit: Limit = 20, cursor: Cursor = None) -> Response:  # type: ignore[valid-type]
            bounds = _bounds(within, cursor)
            return paged(await me.as_guest(others(*bounds), rows=rows(limit), **bounds), limit)

    if "deleted_at" in model.model_fields:
        binned = lists(model, model.deleted_at.is_not(None))

        @router.get("/bin", response_model=many)
        async def read_bin(me: Me, within: scope, limit: Limit = 20, cursor: Cursor = None) -> Response:  # type: ignore[valid-type]
            bounds = _bounds(within, cursor)
            return paged(await me.at_bin(binned(*bounds), rows=rows(limit), **bounds), limit)


def _bin(router: APIRouter, model: Any) -> None:
    """DELETE moves a row to the bin, restore brings it back with what went along."""
    this = model.id == bindparam("key")
    # The value says that the row goes; the database says when.
    gone = update(model).where(this, model.deleted_at.is_(None)).values(deleted_at=func.now()).returning(model.id)
    back = update(model).where(this, model.deleted_at.is_not(None)).values(deleted_at=None).returning(*columns(model))

    @router.delete("/{id}", status_code=204)
    async def remove(me: Me, id: UUID) -> None:
        if not await me.at_bin(gone, key=id):
            raise not_found()

    @router.post("/{id}/restore", response_model=answer(model))
    async def restore(me: Me, id: UUID) -> Response:
        try:
            return one(await me.at_bin(back, key=id))
        except DBAPIError as error:
            if sqlstate(error) != "23503":
                raise
            raise Problem(409, "What it belongs to is in the bin: restore that first.") from error


@asynccontextmanager
async def naming_workspace(body: type[BaseModel]) -> AsyncIterator[None]:
    """Names the field where row security refuses a new row because its workspace is none of the caller's."""
    try:
        yield
    except DBAPIError as error:
        if not ("workspace_id" in body.model_fields and hidden(error)):
            raise
        raise Problem(404, NO_SUCH_ROW, errors=[in_body("workspace_id", NO_SUCH_ROW)]) from error


def one(rows: Sequence[Row[Any]], status: int = 200) -> Response:
    """The first row as JSON.

    Raises: Problem 404 where there is none.
    """
    if not rows:
        raise not_found()
    return Response(orjson.dumps(rows[0]._asdict()), status, media_type="application/json")


def _bounds(within: Within, cursor: UUID | None) -> Within:
    return {**within, "cursor": cursor} if cursor else within


def paged(rows: Sequence[Row[Any]], limit: int) -> Response:
    """The page as JSON; one row more than it shows tells that another page follows."""
    names = rows[0]._fields if rows else ()
    items = [dict(zip(names, row, strict=True)) for row in rows[:limit]]
    following = str(rows[limit - 1].id) if len(rows) > limit else None
    return Response(orjson.dumps({"items": items, "next": following}), media_type="application/json")
