"""Refresh tokens: `<session>.<secret>`, shown once and stored as a hash; each has one successor, whoever asks how often."""

import hashlib
import hmac
from typing import NamedTuple
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, Field

from api.auth import unauthorized
from api.secret import digest

LONGEST = 200


class Tokens(BaseModel):
    """An OAuth2 answer: what authenticates requests for a while, and what renews it."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105
    expires_in: int = Field(description="Seconds.")
    refresh_token: str = Field(description="Good once, for POST /v1/auth/refresh.")


class RefreshToken(NamedTuple):
    """A refresh token, taken apart."""

    session_id: UUID
    secret: str

    @property
    def hash(self) -> bytes:
        """What is stored of it."""
        return digest(self.secret)


def taken_apart(token: str) -> RefreshToken:
    """The session and the secret in it.

    Raises: Problem 401, as for a token that never was.
    """
    key, _, secret = token.partition(".")
    try:
        return RefreshToken(UUID(hex=key), secret)
    except ValueError as error:
        raise unauthorized() from error


def successor(request: Request, secret: str) -> str:
    """The next secret of a session: a client that lost the answer and asks again gets the same, not a second branch.

    Only who holds the signing key can tell it from the one before.
    """
    key: bytes = request.app.state.keys.refresh_key
    return hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()


def tokens(request: Request, session_id: UUID, user_id: UUID, secret: str) -> Tokens:
    """Both tokens of a session."""
    minutes = request.app.state.settings.token_minutes
    return Tokens(
        access_token=request.app.state.keys.issue(user_id, session_id, minutes=minutes),
        expires_in=minutes * 60,
        refresh_token=f"{session_id.hex}.{secret}",
    )
