"""Access tokens: the only place that knows them. A token says who is asking, and nothing else is believed."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from time import time
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.problems import Problem

ALGORITHM = "EdDSA"
ISSUER = AUDIENCE = "rowkeep"
CLAIMS = {"iss": str, "aud": str, "sub": str, "sid": str, "jti": str, "iat": int, "exp": int}
# Our own are 400 characters; whoever sends more pays for it, not we.
LONGEST = 1_000
# How far the clocks of two processes may be apart, in seconds.
SKEW = 5
# Verifying a signature costs 80 us, a token seen before less than 1: a person's requests come in rows.
REMEMBERED = 10_000


class Claims(NamedTuple):
    """What a valid token says: who is asking, by what, and when that was made and expires, in seconds since 1970."""

    user_id: UUID
    session_id: UUID
    expires: int
    issued: int
    by: Literal["session", "provider", "key"] = "session"
    scope: str = ""


class Key(NamedTuple):
    """One Ed25519 key, the header of every token that it signs, and its public form as a JWK (RFC 8037)."""

    private: Ed25519PrivateKey
    header: str
    jwk: dict[str, str]


def _key(seed: bytes) -> Key:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    shape = {"crv": "Ed25519", "kty": "OKP", "x": _segment(public)}
    # The key's name is its thumbprint (RFC 7638), so it needs no setting.
    kid = _segment(hashlib.sha256(_compact(shape)).digest())
    return Key(
        private, _segment(_compact({"alg": ALGORITHM, "kid": kid, "typ": "JWT"})), shape | {"kid": kid, "alg": ALGORITHM}
    )


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class Keys:
    """The first key signs and all verify, so that one can follow another without a refused token."""

    def __init__(self, seeds: Sequence[bytes]) -> None:
        keys = [_key(seed) for seed in seeds]
        self._signing = keys[0]
        self.refresh_key = hmac.digest(seeds[0], b"refresh tokens", hashlib.sha256)
        self._by_header = {key.header: key.private.public_key() for key in keys}
        self.jwks = {"keys": [key.jwk | {"use": "sig"} for key in keys]}
        self._claims = lru_cache(REMEMBERED)(self._verify)

    def issue(self, user_id: UUID, session_id: UUID, *, minutes: int) -> str:
        """A token for `user_id`, good for `minutes` unless the session ends before."""
        now = datetime.now(UTC)
        values = (ISSUER, AUDIENCE, str(user_id), str(session_id), uuid4().hex, now, now + timedelta(minutes=minutes))
        headers = jwt.utils.base64url_decode(self._signing.header)
        return jwt.encode(dict(zip(CLAIMS, values, strict=True)), self._signing.private, ALGORITHM, headers=json.loads(headers))

    def own(self, token: str) -> bool:
        """Whether a token has one of our own headers, whoever made it."""
        return token.partition(".")[0] in self._by_header

    def read(self, token: str) -> Claims:
        """Who a token is for.

        Raises: Problem 401, the same for every reason.
        """
        try:
            claims = self._claims(token)
        except (jwt.InvalidTokenError, ValueError) as error:
            raise unauthorized() from error
        if claims.expires + SKEW < time():
            raise unauthorized()
        return claims

    def _verify(self, token: str) -> Claims:
        # The header is one of ours to the letter: no algorithm, key, address or extension is the caller's to name.
        header, _, rest = token.partition(".")
        if len(token) > LONGEST or header not in self._by_header:
            raise jwt.InvalidTokenError("not our header")
        claims = jwt.decode(
            token,
            self._by_header[header],
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            leeway=SKEW,
            options={"require": list(CLAIMS)},
        )
        # Our own claims in our own spelling: a claim that stands twice would be read differently elsewhere.
        shape = [(name, type(value)) for name, value in claims.items()]
        if shape != list(CLAIMS.items()) or _segment(_compact(claims)) != rest.partition(".")[0]:
            raise jwt.InvalidTokenError("not our claims")
        return Claims(UUID(claims["sub"]), UUID(claims["sid"]), claims["exp"], claims["iat"])


def unauthorized(detail: str = "Sign in first: the token is missing, expired or not ours.") -> Problem:
    """The answer to a request without a valid token."""
    return Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})
