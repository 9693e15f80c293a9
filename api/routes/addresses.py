"""Addresses: proven by a token that was mailed to them. No answer tells whether an address has an account."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field
from sqlalchemy import func, select

from api.bodies import Body
from api.deps import SignedIn
from api.problems import Problem, in_body
from api.routes.auth import LONGEST, Address, Password
from api.secret import digest
from db.transaction import address, once, person, token

router = APIRouter(prefix="/v1", tags=["auth"])


class Forgotten(Body):
    """Whose password."""

    email: Address


class Chosen(Body):
    """The token of a mail, and the password from now on."""

    token: Annotated[str, Field(min_length=1, max_length=200)]
    password: Password


class Change(Body):
    """The password, and the address from now on."""

    current: Annotated[str, Field(min_length=1, max_length=LONGEST, json_schema_extra={"format": "password"})]
    email: Address


class Confirmed(Body):
    """The token of a mail."""

    token: Annotated[str, Field(min_length=1, max_length=200)]


@router.post("/auth/reset", status_code=204)
async def request_reset(request: Request, whose: Forgotten) -> None:
    """Mail a link for a new password, if the address has an account; three mails an hour at most."""
    state = request.app.state
    await state.throttle.mails(request, address(whose.email))
    await state.throttle.attempt(request, address(whose.email), state.throttle.place(request, "mail").apart())
    await once(state.auth, address(whose.email), select(func.auth.request_reset(*state.outbox.new())))
    state.outbox.wake()


@router.post("/auth/password", status_code=204)
async def choose_password(request: Request, chosen: Chosen) -> None:
    """Choose a password by a mail's token: the address is verified, and every session of before ends."""
    state, holder = request.app.state, token(digest(chosen.token))
    renewed = await state.passwords.hashed(chosen.password)
    if not (await once(state.auth, holder, select(func.auth.reset_password(renewed))))[0][0]:
        raise void()


@router.post("/me/email", status_code=204)
async def request_change(request: Request, me: SignedIn, change: Change) -> None:
    """Mail a link to a new address of mine, whether or not somebody has it."""
    state, mine = request.app.state, person(me.user_id, "app_auth")
    place = state.throttle.place(request, str(me.user_id))
    known = (await state.throttle.attempt(request, mine, place)).password_hash
    if not await state.passwords.verified(known, change.current):
        raise Problem(422, "The request is not as it should be.", errors=[in_body("current", "The password is wrong.")])
    wanted = select(func.auth.request_change(known, change.email, *state.outbox.new()), func.auth.passed(*place))
    await once(state.auth, mine, wanted)
    state.outbox.wake()


@router.post("/auth/email", status_code=204)
async def confirm_change(request: Request, given: Confirmed) -> None:
    """Confirm a new address by the token that was mailed to it; the one before is told."""
    state, holder = request.app.state, token(digest(given.token))
    if not (await once(state.auth, holder, select(func.auth.confirm_change())))[0][0]:
        raise void()
    state.outbox.wake()


def void() -> Problem:
    """A token that is used, expired, void since the account changed, or none: the same."""
    return Problem(
        422, "The request is not as it should be.", errors=[in_body("token", "The token is not good, or no longer.")]
    )
