"""What a provider publishes is taken from where it says, in bounds; a wrong one stops the API at start."""

from typing import Any

import pytest

from api.fetch import BYTES, Unusable, fetched
from api.issuer import Issuer
from db.issued import Issued, secure
from db.refusal import Refusal
from tests.conftest import settings
from tests.provider import AUDIENCE, DISCOVERY, JWKS, Provider, Signer
from tests.server import Database
from tests.serving import serving


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (
            {"issuer": "https://evil.example.com", "jwks_uri": "https://evil.example.com/jwks"},
            "says it is 'https://evil.example.com'",
        ),
        ({"jwks_uri": "https://evil.example.com/jwks"}, "says it is None"),
        ({"issuer": "SAME", "jwks_uri": "http://evil.example.com/jwks"}, "anybody on the way could change them"),
        ({"issuer": "SAME"}, "anybody on the way could change them"),
    ],
)
async def test_boot_refuses_what_another_could_have_said(
    database: Database, provider: Provider, document: dict[str, str], said: str
) -> None:
    right = provider.folder.joinpath(DISCOVERY).read_bytes()
    provider.publish(DISCOVERY, {name: provider.issuer if value == "SAME" else value for name, value in document.items()})
    with pytest.raises(Refusal, match=said):
        async with serving(database, oidc_issuer=provider.issuer, oidc_audience=AUDIENCE):
            pass
    provider.publish(DISCOVERY, right)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com", "ftp://example.com", "https://", "example.com", "https://user@example.com",
        "https://exa mple.com",
        "https://example.com/#x", "http://127.0.0.1.example.com", "http://localhost.example.com", "https://example.com:port",
    ],
)  # fmt: skip
def test_settings_refuse_an_issuer_that_somebody_could_stand_between(database: Database, url: str) -> None:
    assert not secure(url)
    with pytest.raises(ValueError, match="OIDC_ISSUER is no https URL"):
        settings(database, oidc_issuer=url, oidc_audience=AUDIENCE)


def test_settings_refuse_an_issuer_without_an_audience(database: Database) -> None:
    with pytest.raises(ValueError, match="OIDC_AUDIENCE is not"):
        settings(database, oidc_issuer="https://example.com")
    with pytest.raises(ValueError, match="OIDC_ISSUER is no https URL"):
        settings(database, oidc_issuer="https://example.com?x=1", oidc_audience=AUDIENCE)


ANSWERS: dict[str, tuple[Any, int, dict[str, str]]] = {
    "a redirect": ({"keys": []}, 302, {"Location": "/elsewhere"}),
    "an error": ({"keys": []}, 500, {}),
    "more than it may be": (b" " * (BYTES + 1) + b"{}", 200, {}),
    "something packed": (b"x", 200, {"Content-Encoding": "gzip"}),
    "no JSON": (b"<html>", 200, {}),
    "a list": ([], 200, {}),
    "JSON too deep": (b"[" * 100_000, 200, {}),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_fetch_takes_nothing_but_a_small_document_from_where_it_asked(provider: Provider, name: str) -> None:
    document, status, headers = ANSWERS[name]
    provider.publish("elsewhere", {"keys": []})
    provider.publish("document", document, status, **headers)
    with pytest.raises(Unusable):
        await fetched(f"{provider.issuer}/document")
    assert "elsewhere" not in provider.asked
    provider.publish("document", {"keys": []})
    assert await fetched(f"{provider.issuer}/document") == {"keys": []}


async def test_keys_that_are_weak_or_for_something_else_verify_nothing(provider: Provider) -> None:
    good, weak = Signer("ES256"), Signer("RS256", 1024)
    published = [
        good.jwk,
        weak.jwk,
        Signer("ES256").jwk | {"use": "enc"},
        Signer("ES256").jwk | {"alg": "ES512"},
        Signer("ES256").jwk | {"kid": 1},
        Signer("ES256").jwk | {"x": "!"},
        Signer("ES256").jwk | {"d": "AA"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "shared", "alg": "HS256"},
        "no key",
    ]
    provider.publish(JWKS, {"keys": published})
    issuer = Issuer(Issued(provider.issuer, AUDIENCE, "aud"))
    await issuer.start()
    assert list(issuer._keys) == [good.kid]
    for keys in ([weak.jwk], [], [good.jwk] * 51, "x", None):
        provider.publish(JWKS, {"keys": keys})
        other = Issuer(Issued(provider.issuer, AUDIENCE, "aud"))
        await other.start()
        assert not other._keys
