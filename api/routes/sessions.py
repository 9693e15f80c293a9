"""Sessions: kept alive by refresh tokens, seen and ended by their person."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field
from sqlalchemy import delete, func, select

from api.auth import unauthorized
from api.bodies import Body
from api.deps import SignedIn
from api.grants import LONGEST, Tokens, successor, taken_apart, tokens
from api.secret import digest
from db.models.sessions import Session
from db.transaction import once, session

router = APIRouter(prefix="/v1", tags=["auth"])


class Refresh(Body):
    """A refresh token."""

    refresh_token: Annotated[str, Field(min_length=1, max_length=LONGEST)]


@router.post("/auth/refresh")
async def refresh(request: Request, given: Refresh) -> Tokens:
    """New tokens for a refresh token. Using one a second time, seconds later, ends its session."""
    token = taken_apart(given.refresh_token)
    following = successor(request, token.secret)
    renew = select(func.auth.refresh(token.hash, digest(following)).table_valued("user_id"))
    rows = await once(request.app.state.auth, session(token.session_id), renew)
    if not rows:
        raise unauthorized("Sign in again: the refresh token is used, expired or not ours.")
    return tokens(request, token.session_id, rows[0].user_id, following)


@router.post("/auth/signout", status_code=204)
async def sign_out(request: Request, given: Refresh) -> None:
    """End the session of a refresh token; one that is not ours ends nothing, and is answered the same."""
    token = taken_apart(given.refresh_token)
    await once(request.app.state.auth, session(token.session_id), select(func.auth.end_session(token.hash)))


@router.delete("/me/sessions", status_code=204)
async def sign_out_everywhere(me: SignedIn) -> None:
    """End all of the caller's sessions, this one included."""
    await me.once(delete(Session).returning(Session.id))  # type: ignore[call-overload]
