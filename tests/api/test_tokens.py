"""A token that is not ours, to the letter, is nobody's; keys follow one another without a refused token."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from api.auth import LONGEST, SKEW, Keys
from api.problems import Problem
from tests.people import KEYS, SEED, World

OURS = Ed25519PrivateKey.from_private_bytes(SEED)
PUBLIC = OURS.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
PEM = OURS.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
KID = KEYS.jwks["keys"][0]["kid"]
NOW = int(datetime.now(UTC).timestamp())
RIGHT = {
    "iss": "rowkeep",
    "aud": "rowkeep",
    "sub": str(uuid4()),
    "sid": str(uuid4()),
    "jti": "1",
    "iat": NOW,
    "exp": NOW + 3600,
}


def segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def token(claims: object = RIGHT, sign: Callable[[bytes], bytes] = OURS.sign, **header: Any) -> str:
    """Signed by our own key unless told otherwise: what is refused is refused for its words. A header of None goes away."""
    words = {"alg": "EdDSA", "kid": KID, "typ": "JWT"} | header
    head = segment(
        json.dumps({key: value for key, value in words.items() if value is not None}, separators=(",", ":")).encode()
    )
    body = segment(claims if isinstance(claims, bytes) else json.dumps(claims, separators=(",", ":")).encode())
    return f"{head}.{body}.{segment(sign(f'{head}.{body}'.encode()))}"


def claims(**changes: Any) -> dict[str, Any]:
    """Right claims but for the changes; None takes one away."""
    return {key: value for key, value in (RIGHT | changes).items() if value is not None}


def twice(name: str, value: str) -> bytes:
    """Claims of which one stands twice."""
    return json.dumps(RIGHT, separators=(",", ":")).encode()[:-1] + f',"{name}":"{value}"}}'.encode()


def hs256(key: bytes) -> Callable[[bytes], bytes]:
    return lambda message: hmac.digest(key, message, hashlib.sha256)


STRANGER = Ed25519PrivateKey.generate()
JWK = {"crv": "Ed25519", "kty": "OKP", "x": segment(STRANGER.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))}
RSA = rsa.generate_private_key(65537, 2048)
GOOD = token()
ATTACKS = {
    "nothing": "",
    "words": "x.y.z",
    "two parts": GOOD.rpartition(".")[0],
    "four parts": GOOD + ".x",
    "no signature": GOOD.rpartition(".")[0] + ".",
    "signature cut": GOOD[:-2],
    "claims of another": f"{GOOD.split('.')[0]}.{segment(json.dumps(claims(sub=str(uuid4()))).encode())}.{GOOD.split('.')[2]}",
    "alg none": token(sign=lambda _: b"", alg="none"),
    "alg None, signed": token(alg="None"),
    "no alg": token(alg=None),
    "hs256 with the public key": token(sign=hs256(PUBLIC), alg="HS256"),
    "hs256 with the public key as PEM": token(sign=hs256(PEM), alg="HS256"),
    "hs256 with the public key as JWK": token(sign=hs256(json.dumps(KEYS.jwks["keys"][0]).encode()), alg="HS256"),
    "hs256 with nothing": token(sign=hs256(b""), alg="HS256"),
    "rs256": jwt.encode(claims(), RSA, "RS256", headers={"kid": KID}),
    "another key": token(sign=STRANGER.sign),
    "another key, embedded": token(sign=STRANGER.sign, jwk=JWK),
    "another key, by address": token(sign=STRANGER.sign, jku="https://keys.example/jwks.json"),
    "another key, by certificate": token(sign=STRANGER.sign, x5u="https://keys.example/cert.pem"),
    "another key, certified": token(sign=STRANGER.sign, x5c=["MIIB"]),
    "another key, its own name": token(sign=STRANGER.sign, kid="stranger"),
    "our key, an address beside it": token(jku="https://keys.example/jwks.json"),
    "no kid": token(kid=None),
    "kid of a file": token(kid="../../../../dev/null", sign=hs256(b""), alg="HS256"),
    "kid of sql": token(kid="' union select 'x"),
    "kid of another kind": token(kid=[KID]),
    "critical": token(crit=["exp"]),
    "critical, unknown": token(crit=["b64"], b64=False),
    "typ of a refresh": token(typ="refresh+jwt"),
    "encrypted": token(enc="A256GCM", alg="dir"),
    "zipped": token(zip="DEF"),
    "huge": token(claims(jti="x" * 100_000)),
    "huge, unsigned": "x" * 1_000_000,
    "longer than ours": token(claims(jti="x" * LONGEST)),
    "expired": token(claims(iat=NOW - 700, exp=NOW - 100)),
    "made in the future": token(claims(iat=NOW + 86_400, exp=NOW + 86_700)),
    "not yet": token(claims(nbf=NOW + 86_400)),
    "another audience": token(claims(aud="elsewhere")),
    "several audiences": token(claims(aud=["rowkeep", "elsewhere"])),
    "another issuer": token(claims(iss="https://issuer.example")),
    "subject of sql": token(claims(sub="1 or 1=1")),
    "subject is a number": token(claims(sub=1)),
    "session is no uuid": token(claims(sid="1")),
    "subject is empty": token(claims(sub="")),
    "expires in words": token(claims(exp="tomorrow")),
    "expires in a fraction": token(claims(exp=NOW + 3600.5)),
    "a claim too many": token(claims(admin=True)),
    "subject twice": token(twice("sub", str(uuid4()))),
    "issuer twice": token(twice("iss", "rowkeep")),
    "claims spaced": token(json.dumps(RIGHT).encode()),
    "claims are a list": token([RIGHT]),
    "claims are no json": token(b"{"),
    **{f"no {name}": token(claims(**{name: None})) for name in RIGHT},
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
async def test_token_that_is_not_ours_is_nobodys(client: httpx.AsyncClient, attack: str) -> None:
    answers = [await client.get("/v1/notes", headers={"Authorization": f"Bearer {each}"}) for each in ("", attack, GOOD)]
    assert [answer.status_code for answer in answers] == [401, 401, 200]
    assert (answers[0].content, answers[0].headers) == (answers[1].content, answers[1].headers)
    assert answers[1].headers["www-authenticate"] == "Bearer"


def test_remembered_token_expires_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = Keys([SEED])
    issued = keys.issue(uuid4(), uuid4(), minutes=1)
    assert keys.read(issued) == keys.read(issued)
    monkeypatch.setattr("api.auth.time", lambda: datetime.now(UTC).timestamp() + 61 + SKEW)
    with pytest.raises(Problem):
        keys.read(issued)


def test_keys_follow_one_another_and_leave() -> None:
    old, new, who = b"old".ljust(32, b"."), b"new".ljust(32, b"."), uuid4()
    before, learning, turned, after = Keys([old]), Keys([old, new]), Keys([new, old]), Keys([new])
    first, second = (keys.issue(who, uuid4(), minutes=1) for keys in (before, turned))
    assert [keys.read(first).user_id for keys in (before, learning, turned)] == [who] * 3
    assert [keys.read(second).user_id for keys in (learning, turned, after)] == [who] * 3
    for keys, issued in ((after, first), (before, second)):
        with pytest.raises(Problem):
            keys.read(issued)


async def test_jwks_verifies_a_token_elsewhere(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.get("/.well-known/jwks.json")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=300")
    (key,) = jwt.PyJWKSet.from_dict(answer.json()).keys
    assert not {"d", "k"} & answer.json()["keys"][0].keys()
    issued = KEYS.issue(world.alice.id, uuid4(), minutes=60)
    found = jwt.decode(issued, key.key, algorithms=["EdDSA"], audience="rowkeep", issuer="rowkeep")
    assert found["sub"] == str(world.alice.id)
    assert found["exp"] - found["iat"] == timedelta(minutes=60).total_seconds()
    assert jwt.get_unverified_header(issued)["kid"] == key.key_id
