"""A provider's access tokens: verified with the keys that its issuer publishes, fetched rarely, and kept through its outages.

Nothing in a token says where keys come from or how they are used: the issuer is a setting, its key set is found by discovery
(OpenID Connect Discovery 1.0), and a key is good for the algorithms of its own kind alone.
"""

import asyncio
import json
import logging
from base64 import urlsafe_b64decode
from functools import lru_cache
from time import monotonic, time
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from api.auth import REMEMBERED, SKEW, unauthorized
from api.fetch import Unusable, fetched
from api.problems import Problem
from db.issued import Issued, secure
from db.refusal import Refusal

log = logging.getLogger("rowkeep")

LONGEST = 8_000  # of a token; providers put lists of groups into theirs
# Seconds: until keys are looked at again, from one look to the next whoever asks for it, and until keys that could not be
# looked at again are not trusted any more.
REFRESH, COOLDOWN, TRUSTED = 600, 30, 86_400
# A token that lives longer would outlive what is kept of its subject's end (auth.revocations).
LIFETIME = 2 * 86_400
MOST = 50  # keys
BITS = range(2048, 8193)  # of an RSA modulus: fewer are weak, more cost whoever verifies
ALGORITHMS = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "P-256": ("ES256",),
    "P-384": ("ES384",),
    "P-521": ("ES512",),
    "Ed25519": ("EdDSA",),
}
# Parameters by which a header would bring a key, say where one is, or ask for what is not understood here.
REFUSED = {"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"}


class Said(NamedTuple):
    """What a valid token says; `issued` and `expires` in seconds since 1970."""

    subject: str
    name: str
    issued: int
    expires: int


class Key(NamedTuple):
    """A public key and what it may verify."""

    public: Any
    algorithms: tuple[str, ...]


class Issuer:
    """One provider."""

    def __init__(self, settings: Issued) -> None:
        self.settings = settings
        self._keys: dict[str, Key] = {}
        self._jwks_uri = ""
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching = asyncio.Lock()
        self._refreshing: asyncio.Task[None] | None = None
        self._said = lru_cache(REMEMBERED)(self._verify)

    async def start(self) -> None:
        """Looks once; a provider that does not answer is asked again when its tokens come.

        Raises: Refusal where it answers for another issuer, or has its keys where anybody could change them on the way.
        """
        try:
            await self._fetch()
        except Unusable as error:
            log.warning("no keys of %s yet: %s", self.settings.issuer, error)

    async def read(self, token: str) -> Said:
        """What a token says.

        Raises: Problem 401, the same for every reason, or 503 where no key is known.
        """
        try:
            header = _header(token)
            await self._freshen(header["kid"])
            said = self._said(token, header["kid"])
        except (jwt.PyJWTError, ValueError, KeyError, TypeError) as error:
            raise unauthorized() from error
        if said.expires + SKEW < time():
            raise unauthorized()
        return said

    def _verify(self, token: str, kid: str) -> Said:
        key, issued = self._keys[kid], self.settings
        by_claim = issued.claim != "aud"
        claims = jwt.decode(
            token,
            key.public,
            algorithms=list(key.algorithms),
            issuer=issued.issuer,
            audience=None if by_claim else issued.audience,
            leeway=SKEW,
            options={"require": ["exp", "iat", "sub", "iss", issued.claim], "verify_aud": not by_claim},
        )
        if by_claim and claims[issued.claim] != issued.audience:
            raise jwt.InvalidAudienceError
        subject, name = claims["sub"], claims.get("name")
        if not 0 < len(subject) <= 255 or "\0" in subject or claims["exp"] - claims["iat"] > LIFETIME:
            raise jwt.InvalidTokenError("a subject or a life that is out of bounds")
        shown = name.replace("\0", "").strip()[:100] if isinstance(name, str) else ""
        return Said(subject, shown or "Unnamed", int(claims["iat"]), int(claims["exp"]))

    async def _freshen(self, kid: str) -> None:
        """Waits for new keys where this one is unknown; old ones are looked at again in the background."""
        age, waited = monotonic() - self._fetched_at, monotonic() - self._tried_at
        if age > TRUSTED:
            self._keys = {}
        if waited > COOLDOWN and (age > REFRESH or kid not in self._keys):
            if kid in self._keys:
                self._refreshing = asyncio.create_task(self._look(self._tried_at))
            else:
                await self._look(self._tried_at)
        if not self._keys:
            raise Problem(503, "The identity provider does not answer; try again.", headers={"Retry-After": str(COOLDOWN)})

    async def _look(self, tried_at: float) -> None:
        async with self._fetching:
            if self._tried_at != tried_at:
                return  # somebody else's look, while this one waited
            try:
                await self._fetch()
            except (Unusable, Refusal) as error:
                log.warning("keys of %s could not be read: %s", self.settings.issuer, error)

    async def _fetch(self) -> None:
        self._tried_at = monotonic()
        where, self._jwks_uri = self._jwks_uri or await self._discovered(), ""
        document = await fetched(where)
        listed = document.get("keys")
        if not isinstance(listed, list) or len(listed) > MOST:
            raise Unusable(f"{where} is no set of at most {MOST} keys")
        keys = dict(found for each in listed if (found := _key(each)))
        if not keys:
            raise Unusable(f"{where} has no key that could be used")
        # What withdrawn keys have verified is forgotten with them.
        self._said.cache_clear()
        self._keys, self._jwks_uri, self._fetched_at = keys, where, monotonic()

    async def _discovered(self) -> str:
        issuer = self.settings.issuer
        document = await fetched(issuer.rstrip("/") + "/.well-known/openid-configuration")
        if document.get("issuer") != issuer:
            raise Refusal(f"OIDC_ISSUER is {issuer}, and what is found there says it is {document.get('issuer')!r}: "
                          "set it to the provider's own spelling, to the last slash")  # fmt: skip
        where = document.get("jwks_uri")
        if not isinstance(where, str) or not secure(where):
            raise Refusal(f"OIDC_ISSUER {issuer} has its keys at {where!r}, where anybody on the way could change them: "
                          "use a provider that serves them by https")  # fmt: skip
        return where


def _header(token: str) -> dict[str, str]:
    """The header, with a name of a key and nothing that would bring one; ValueError or KeyError otherwise."""
    first = token.partition(".")[0]
    if len(token) > LONGEST or len(first) > 1_000:
        raise ValueError("too long")
    header: Any = json.loads(urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    if not isinstance(header, dict) or REFUSED & header.keys() or not isinstance(header["kid"], str):
        raise ValueError("no header of ours")
    found: dict[str, str] = header
    return found


def _key(jwk: Any) -> tuple[str, Key] | None:
    """The key's name and the key; None for one that verifies nothing here."""
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str) or jwk.get("use", "sig") != "sig":
        return None
    allowed = ALGORITHMS.get(jwk.get("crv") or jwk.get("kty") or "", ())
    algorithms = tuple(each for each in allowed if jwk.get("alg") in {None, each})
    if not algorithms or "d" in jwk:
        return None
    try:
        public = jwt.PyJWK(jwk, algorithms[0]).key
    except jwt.PyJWTError:
        return None
    if isinstance(public, RSAPublicKey) and public.key_size not in BITS:
        return None
    return jwk["kid"], Key(public, algorithms)
