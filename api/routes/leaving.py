"""Leaving: take everything along, and go."""

from collections.abc import AsyncIterator
from time import monotonic, time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from starlette.responses import StreamingResponse

from api.bodies import Body
from api.deps import Me, SignedIn
from api.errors import sqlstate
from api.export import line, lines, readable
from api.limits import extend
from api.problems import Problem, in_body
from api.routes.auth import LONGEST
from db.snapshot import Snapshot, snapshot
from db.transaction import once, person

router = APIRouter(prefix="/v1/me", tags=["me"])
FRESH = 300  # seconds
ROLES = ("app_user", "app_trash")


async def reading(request: Request, me: Me) -> AsyncIterator[Snapshot]:
    """A snapshot for as long as the answer takes; one at a time for each person, on connections that no other request wants.

    Raises: Problem 429.
    """
    state = request.app.state
    if me.user_id in state.exporting:
        raise Problem(429, "An export of yours is on its way: wait for its end.", headers={"Retry-After": "30"})
    state.exporting.add(me.user_id)
    try:
        async with snapshot(state.exports, *(me.identity(role) for role in ROLES)) as read:
            yield read
    finally:
        state.exporting.discard(me.user_id)


LINES: dict[int | str, dict[str, Any]] = {200: {"content": {"application/x-ndjson": {"schema": {"type": "string"}}}}}


@router.get("/export", response_class=StreamingResponse, responses=LINES)
async def export(request: Request, me: Me, read: Annotated[Snapshot, Depends(reading)]) -> StreamingResponse:
    """All that I may read, one row a line: `{"table": …, "row": …}`. The last line is `{"end": {"rows": …}}`."""
    account = []
    for table, statement in readable("auth", "app_auth"):
        account += [line(table, row) for row in await once(request.app.state.auth, me.identity("app_auth"), statement)]
    headers = {"Content-Disposition": 'attachment; filename="export.ndjson"', "Cache-Control": "no-store"}
    return StreamingResponse(_paced(request, account, read), media_type="application/x-ndjson", headers=headers)


async def _paced(request: Request, account: list[bytes], read: Snapshot) -> AsyncIterator[bytes]:
    """Each part is to be taken within the seconds of a request, and all of them within those of an export."""
    settings, started = request.app.state.settings, monotonic()
    yield b"".join(account)
    async for part in lines(read, len(account)):
        extend(request.scope, min(settings.request_seconds, settings.export_seconds - (monotonic() - started)))
        yield part


class Proof(Body):
    """What shows that it is the person who asks, and not somebody at their desk; a provider's token shows it by its age."""

    password: Annotated[str, Field(max_length=LONGEST, json_schema_extra={"format": "password"})] = ""


@router.delete("", status_code=204)
async def leave(request: Request, me: SignedIn, proof: Proof) -> None:
    """End my account, and with it all that is mine alone. What I share stays where it is, without my name."""
    state, mine = request.app.state, person(me.user_id, "app_auth")
    place = state.throttle.place(request, str(me.user_id))
    known, passed = (await state.throttle.attempt(request, mine, place)).password_hash, func.auth.passed(*place)
    right = await state.passwords.verified(known, proof.password)
    if me.claims.by == "provider" and not known:
        if time() - me.claims.issued > FRESH:
            raise Problem(403, f"Sign in again first: this takes a token of the last {FRESH // 60} minutes.")
        right = True
    if right:
        try:
            if (await once(state.auth, mine, select(func.auth.erase(known), passed)))[0][0]:
                return
        except DBAPIError as error:
            if sqlstate(error) != "23001":
                raise
            await once(state.auth, mine, select(passed))
            kept = func.app.owned_alone().table_valued("id", "name")
            raise _last_owner(await me.once(select(kept))) from error
    raise Problem(422, "The request is not as it should be.", errors=[in_body("password", "The password is wrong.")])


def _last_owner(workspaces: Any) -> Problem:
    errors = [
        {"detail": f"{name or 'A workspace in the bin'} has no other owner.", "workspace_id": str(id)}
        for id, name in workspaces
    ]
    return Problem(409, "Others belong to workspaces that only you own: make one of them an owner first.", errors=errors)
