"""Sign-up and sign-in. Neither answer, nor the work behind it, tells whether an address has an account."""

from collections.abc import Sequence
from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from fastapi import APIRouter, Depends, Form, Request
from fastapi.security import OAuth2PasswordRequestForm
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import Row, func, select

from api.auth import unauthorized
from api.bodies import Body
from api.grants import Tokens, tokens
from api.passwords import Passwords
from api.secret import digest, new_secret
from api.throttle import LONGEST as LONGEST_DEVICE
from api.throttle import Throttle
from api.totp import FACTOR, NONE
from db.transaction import address, once

router = APIRouter(prefix="/v1/auth", tags=["auth"])
LONGEST = 128  # characters of a password


def lower_address(text: str) -> str:
    """One spelling per address: lower case, as stored.

    Raises: ValueError.
    """
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error


Address = Annotated[str, Field(max_length=320), AfterValidator(lower_address)]
Password = Annotated[str, Field(min_length=8, max_length=LONGEST, json_schema_extra={"format": "password"})]


class SignUp(Body):
    """Who somebody is."""

    email: Address
    password: Password
    name: str = Field(min_length=1, max_length=100)


class SignedUp(BaseModel):
    """What was asked for; the same where the address was known and nothing was made."""

    email: str
    name: str


@router.post("/signup", status_code=201)
async def sign_up(request: Request, new: SignUp) -> SignedUp:
    """Make an account."""
    state = request.app.state
    if state.settings.verify_email:
        await state.throttle.mails(request, address(new.email))
    password_hash = await state.passwords.hashed(new.password)
    made = func.auth.sign_up(password_hash, new.name)
    if state.settings.verify_email:
        made = func.auth.register(password_hash, new.name, *state.outbox.new())
    await once(state.auth, address(new.email), select(made))
    if state.settings.verify_email:
        state.outbox.wake()
    return SignedUp(email=new.email, name=new.name)


class SignedIn(Tokens):
    """Tokens, and what marks the client as one that signed in before."""

    device_token: str = Field(description="Send it along the next time: strangers' guesses then keep this client from nothing.")


@router.post("/token")
async def sign_in(
    request: Request,
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    device_token: Annotated[str, Form(max_length=LONGEST_DEVICE)] = "",
    code: Annotated[str, Form(max_length=40)] = "",
) -> SignedIn:
    """Get tokens for an address (as `username`) and its password."""
    try:
        email = lower_address(form.username[:320])
    except ValueError:
        email = "nobody"  # no account has it; the work goes on as for any other
    throttle: Throttle = request.app.state.throttle
    place = throttle.place(request, email, device_token)
    found = await throttle.attempt(request, address(email), place)
    # No account has a password beyond the limit; a part of it costs as much as a wrong one.
    known = found.password_hash if len(form.password) <= LONGEST else None
    passwords: Passwords = request.app.state.passwords
    if await passwords.verified(known, form.password[:LONGEST]) and known:
        secret, user_agent = new_secret(), request.headers.get("user-agent", "")[:200]
        new = (known, digest(secret), user_agent, *place)
        if started := await _started(request, email, new, code):
            if passwords.outdated(known):
                renewed = await passwords.hashed(form.password)
                await once(request.app.state.auth, address(email), select(func.auth.rehash(known, renewed)))
            made = tokens(request, started[0].session_id, started[0].user_id, secret)
            return SignedIn(**made.model_dump(), device_token=throttle.device(new_secret(), email))
    raise unauthorized("The address or the password is wrong.")


async def _started(request: Request, email: str, new: tuple[Any, ...], code: str) -> Sequence[Row[Any]]:
    """The session, if there is to be one.

    Raises: Problem 401 where a code is asked for, which only the right password is told.
    """
    state, columns = request.app.state, ("session_id", "user_id")
    started = await once(state.auth, address(email), select(func.auth.sign_in(*new).table_valued(*columns)))
    if started:
        return started
    found = await once(state.auth, address(email), FACTOR)
    if found and found[0].confirmed:
        judged = state.factors.judged(code, found[0].user_id, found[0].secret, found[0].last_step) if code else NONE
        started = await once(
            state.auth, address(email), select(func.auth.sign_in_with_code(*new, *judged).table_valued(*columns))
        )
        if not started:
            raise unauthorized("Send a code of your second factor as `code`, one that was not used.")
    return started
