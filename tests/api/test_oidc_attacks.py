"""A token that a provider did not sign, for us and for now, is nobody's, whatever its header says."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.provider import AUDIENCE, Provider, Signer, asks
from tests.server import Database
from tests.serving import Served, serving

NOW = int(datetime.now(UTC).timestamp())
STRANGER = Signer("ES256")
# What changes a right token into one that is refused: claims, or a function of the provider that makes all of it.
CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example.com"},
    "the issuer with a slash": {"iss": "http://127.0.0.1/"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "https://other.example.com"},
    "other audiences": {"aud": ["a", "b"]},
    "no audience": {"aud": None},
    "an audience that begins alike": {"aud": AUDIENCE + "/"},
    "expired": {"iat": NOW - 900, "exp": NOW - 600},
    "no end": {"exp": None},
    "an end that is text": {"exp": "later"},
    "longer than an end is kept": {"exp": NOW + 30 * 86400},
    "made in the future": {"iat": NOW + 36_000, "exp": NOW + 40_000},
    "not yet": {"nbf": NOW + 36_000},
    "no time of its making": {"iat": None},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is no text": {"sub": 1},
    "a subject too long": {"sub": "x" * 256},
    "a subject with a NUL": {"sub": "a\0b"},
}


def _hs(provider: Provider, key: bytes) -> str:
    """Signed by what everybody may read; PyJWT refuses to make it, so it is made by hand."""
    head, body, _ = provider.token("x").split(".")
    head = jwt.utils.base64url_encode(b'{"alg":"HS256","typ":"JWT","kid":"%s"}' % provider.signer.kid.encode()).decode()
    code = hmac.digest(key, f"{head}.{body}".encode(), hashlib.sha256)
    return f"{head}.{body}.{jwt.utils.base64url_encode(code).decode()}"


def mixed(one: str, other: str) -> str:
    head, _, signature = one.split(".")
    return f"{head}.{other.split('.')[1]}.{signature}"


def _none(provider: Provider) -> str:
    return jwt.encode(provider.claims("x"), "", "none", headers={"kid": provider.signer.kid})


def _pem(provider: Provider) -> bytes:
    made: bytes = provider.signer.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return made


FORGED: dict[str, Callable[[Provider], str]] = {
    "alg none": _none,
    "hs256 with the public key": lambda p: _hs(p, _pem(p)),
    "another's key under a known name": lambda p: p.token("x", signer=STRANGER),
    "a key that nobody published": lambda p: p.token("x", {"kid": STRANGER.kid}, STRANGER),
    "no name of a key": lambda p: jwt.encode(p.claims("x"), p.signer.private, p.signer.algorithm),
    "a key at an address": lambda p: p.token("x", {"jku": f"{p.issuer}/evil.json", "kid": STRANGER.kid}, STRANGER),
    "a right token that names an address": lambda p: p.token("x", {"jku": f"{p.issuer}/evil.json"}),
    "a key brought along": lambda p: p.token("x", {"jwk": STRANGER.jwk}, STRANGER),
    "a certificate at an address": lambda p: p.token("x", {"x5u": f"{p.issuer}/evil.pem"}, STRANGER),
    "something critical": lambda p: p.token("x", {"crit": ["exp"]}),
    "a huge token": lambda p: p.token("x", groups=["g" * 100] * 100),
    "two parts": lambda p: p.token("x").rpartition(".")[0],
    "a header that is no object": lambda p: "W10." + p.token("x").partition(".")[2],
    "a header that is no base64": lambda p: "!!." + p.token("x").partition(".")[2],
    "claims of another": lambda p: mixed(p.token("x"), p.token("y")),
}


@pytest.fixture(scope="module")
async def attacked(database: Database, provider: Provider) -> AsyncIterator[Served]:
    async with serving(database, oidc_issuer=provider.issuer, oidc_audience=AUDIENCE) as made:
        yield made


@pytest.mark.parametrize("name", [*CLAIMS, *FORGED])
async def test_token_that_is_not_right_is_nobodys(attacked: Served, provider: Provider, name: str) -> None:
    provider.publish("evil.json", {"keys": [STRANGER.jwk]})
    right = provider.token("x")
    wrong = provider.token("x", **CLAIMS[name]) if name in CLAIMS else FORGED[name](provider)
    nobody = await asks(attacked.client, "nobody's")
    for token, status in ((wrong, 401), (right, 200)):
        answer = await asks(attacked.client, token)
        assert answer.status_code == status, name
        assert status == 200 or answer.content == nobody.content
    assert "evil.json" not in provider.asked
