"""Access tokens: the only place that knows them. A token says who is asking, and nothing else is believed."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import jwt

from api.problems import Problem

ALGORITHM = "HS256"
ISSUER = "rowkeep"


class Claims(NamedTuple):
    """What a valid token says."""

    user_id: UUID


def issue(user_id: UUID, secret: str, *, minutes: int) -> str:
    """A token for `user_id`, good for `minutes`."""
    now = datetime.now(UTC)
    claims = {"sub": str(user_id), "iss": ISSUER, "iat": now, "exp": now + timedelta(minutes=minutes)}
    return jwt.encode(claims, secret, ALGORITHM)


def read(token: str, secret: str) -> Claims:
    """Who a token is for.

    Raises: Problem 401, the same for every reason.
    """
    try:
        claims = jwt.decode(
            token, secret, algorithms=[ALGORITHM], issuer=ISSUER, options={"require": ["sub", "iss", "iat", "exp"]}
        )
        return Claims(UUID(claims["sub"]))
    except (jwt.InvalidTokenError, ValueError) as error:
        raise unauthorized() from error


def unauthorized(detail: str = "Sign in first: the token is missing, expired or not ours.") -> Problem:
    """The answer to a request without a valid token."""
    return Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})
