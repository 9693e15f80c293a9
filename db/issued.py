"""Which provider's tokens count: its issuer, for whom they must be made, and over what its keys may come."""

from ipaddress import ip_address
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

Claim = Literal["aud", "client_id"]


class Issued(NamedTuple):
    """The issuer to the letter, and the audience that a token names in a claim."""

    issuer: str
    audience: str
    claim: Claim


def secure(url: str) -> bool:
    """Whether nobody on the way can change what is fetched: https, or http on this machine alone."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not url.isascii() or any(letter.isspace() for letter in url) or "@" in parts.netloc or parts.fragment:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _here(host)))


def issued(issuer: str | None, audience: str | None, claim: Claim) -> Issued | None:
    """What the settings say; None where they name no issuer.

    Raises: ValueError saying what to set.
    """
    if issuer is None:
        return None
    if not secure(issuer) or urlsplit(issuer).query:
        raise ValueError("OIDC_ISSUER is no https URL: set it to the provider's issuer (http on this machine's loopback alone)")
    if not audience:
        raise ValueError("OIDC_ISSUER is set and OIDC_AUDIENCE is not: a token for any other API of the provider would do; "
                         "set it to the audience that this API has there")  # fmt: skip
    return Issued(issuer, audience, claim)


def _here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
