"""The caller's second factor: a secret shown once, confirmed by a code, given up by password and code."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import func, select

from api.bodies import Body
from api.deps import SignedIn
from api.problems import Problem, in_body
from api.routes.auth import LONGEST
from api.secret import digest
from api.throttle import Place
from api.totp import FACTOR, Judged, address, fresh, recovery_codes
from db.transaction import once, person

router = APIRouter(prefix="/v1/me/totp", tags=["me"])
Code = Annotated[str, Field(min_length=1, max_length=40)]


class Known(Body):
    """The password."""

    current: Annotated[str, Field(min_length=1, max_length=LONGEST, json_schema_extra={"format": "password"})]


class Both(Known):
    """The password, and a code or a recovery code."""

    code: Code


class First(Body):
    """A code."""

    code: Code


class Secret(BaseModel):
    """For an authenticator, shown once; asked for from the first code on."""

    secret: str
    uri: str


class Recovery(BaseModel):
    """Ten codes, shown once; each signs in once instead of a code."""

    recovery_codes: list[str]


@router.post("", status_code=201)
async def enrol(request: Request, me: SignedIn, known: Known) -> Secret:
    """Get a secret for an authenticator; of no effect until a code confirms it."""
    state, mine = request.app.state, person(me.user_id, "app_auth")
    password_hash, place = await _checked(request, me, known.current)
    secret = fresh()
    kept = select(func.auth.enrol(password_hash, state.factors.sealed(me.user_id, secret)), func.auth.passed(*place))
    if not (await once(state.auth, mine, kept))[0][0]:
        raise Problem(409, "There is a second factor already: give it up first.")
    return Secret(secret=secret, uri=address(secret, str(me.user_id)))


@router.post("/confirm")
async def confirm(request: Request, me: SignedIn, first: First) -> Recovery:
    """Confirm the secret by a first code; from now on sign-in asks for one."""
    state, mine = request.app.state, person(me.user_id, "app_auth")
    place = state.throttle.place(request, str(me.user_id))
    await state.throttle.attempt(request, mine, place)
    judged, codes = await _judged(request, me, first.code), recovery_codes()
    hashes = [digest(code.replace("-", "")) for code in codes]
    if judged.step is not None:
        wanted = select(func.auth.confirm_factor(judged.step, hashes), func.auth.passed(*place))
        if (await once(state.auth, mine, wanted))[0][0]:
            return Recovery(recovery_codes=codes)
    raise wrong()


@router.post("/disable", status_code=204)
async def disable(request: Request, me: SignedIn, both: Both) -> None:
    """Give the second factor up."""
    state, mine = request.app.state, person(me.user_id, "app_auth")
    password_hash, place = await _checked(request, me, both.current)
    judged = await _judged(request, me, both.code)
    if not (await once(state.auth, mine, select(func.auth.drop_factor(password_hash, *judged))))[0][0]:
        raise wrong()
    await once(state.auth, mine, select(func.auth.passed(*place)))


async def _checked(request: Request, me: SignedIn, password: str) -> tuple[str, Place]:
    """The hash of the right password, counted like any guess."""
    state, mine = request.app.state, person(me.user_id, "app_auth")
    place: Place = state.throttle.place(request, str(me.user_id))
    known: str = (await state.throttle.attempt(request, mine, place)).password_hash
    if not await state.passwords.verified(known, password):
        raise Problem(422, "The request is not as it should be.", errors=[in_body("current", "The password is wrong.")])
    return known, place


async def _judged(request: Request, me: SignedIn, code: str) -> Judged:
    found = await once(request.app.state.auth, person(me.user_id, "app_auth"), FACTOR)
    if not found:
        raise wrong()
    judged: Judged = request.app.state.factors.judged(code, me.user_id, found[0].secret, found[0].last_step)
    return judged


def wrong() -> Problem:
    """A code that is wrong, was used, or is for nothing."""
    return Problem(422, "The request is not as it should be.", errors=[in_body("code", "The code is wrong, or was used.")])
