"""Throttling: who guesses waits, per account and network; strangers' guesses slow no device that signed in before."""

import hashlib
import hmac
from ipaddress import IPv6Address, ip_address
from typing import Any, NamedTuple

from fastapi import Request
from sqlalchemy import Row, func, select

from api.problems import Problem
from db.seal import Identity
from db.settings import Settings
from db.transaction import once

LONGEST = 200


class Place(NamedTuple):
    """Where a guess comes from, hashed: a network or a known device; and a wider network, of which a device has none."""

    place: bytes
    network: bytes | None

    def apart(self) -> "Place":
        """The same for what is no guess at a password: it slows no sign-in."""
        return Place(hashlib.sha256(b"apart" + self.place).digest(), None)


class Throttle:
    """Counts in Postgres, so that processes share it and a restart forgets nothing."""

    def __init__(self, settings: Settings) -> None:
        self._limits = (settings.free_guesses, settings.network_guesses, settings.first_wait, settings.longest_wait)
        # An address of the internet is soon found from its plain hash.
        self._keys = settings.derived("throttle")

    def device(self, secret: str, account: str) -> str:
        """What a client that signed in shows the next time: proof, to this API, that it knew the account's password."""
        return f"{secret}.{self._made(0, f'device {secret} {account}').hex()}"

    def place(self, request: Request, account: str, device: str = "") -> Place:
        """Where a guess at `account` comes from. A device is believed where it is one of that account."""
        secret, _, mark = device.partition(".")
        for number in range(len(self._keys)):
            known = self._made(number, f"device {secret} {account}")
            if hmac.compare_digest(known.hex().encode(), mark.encode(errors="replace")):
                return Place(hashlib.sha256(known).digest(), None)
        narrow, wide = _networks(request)
        return Place(self._made(0, f"place {narrow}"), self._made(0, f"network {wide}"))

    def network(self, request: Request, does: str) -> tuple[bytes, int, int, int]:
        """Where something comes from that is counted for the wider network alone, and how: as auth.network_attempt takes it."""
        return (self._made(0, f"{does} {_networks(request)[1]}"), *self._limits[1:])

    async def mails(self, request: Request, identity: Identity) -> None:
        """Counts a mail that somebody asks for without being known, whomever it is for.

        Raises: Problem 429.
        """
        asked = select(func.auth.network_attempt(*self.network(request, "mails")))
        ((wait,),) = await once(request.app.state.auth, identity, asked)
        if wait:
            raise late("Too many mails are asked for from this network; try again later.", wait)

    async def attempt(self, request: Request, identity: Identity, place: Place) -> Row[Any]:
        """Counts a guess at whom the identity names, and answers what to judge it by, in one round trip.

        Raises: Problem 429.
        """
        counted = func.auth.attempt(*place, *self._limits).table_valued("wait", "user_id", "password_hash")
        (row,) = await once(request.app.state.auth, identity, select(counted))
        if row.wait:
            raise late("Too many wrong guesses; try again later.", row.wait)
        return row

    def _made(self, key: int, text: str) -> bytes:
        return hmac.digest(self._keys[key], text.encode(errors="replace"), hashlib.sha256)


def late(detail: str, wait: int) -> Problem:
    """The answer to who has to wait, in seconds."""
    return Problem(429, detail, headers={"Retry-After": str(wait)})


def _networks(request: Request) -> tuple[str, str]:
    return networks(request.client.host if request.client else "")


def networks(address: str) -> tuple[str, str]:
    """The network that an address is of, and a wider one: what one customer has, a /24, or a /64 in a /48."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address, address  # a socket of this machine
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    narrow, wide = (64, 48) if isinstance(ip, IPv6Address) else (24, 24)
    bits = ip.max_prefixlen
    return tuple(f"{int(ip) >> bits - each}/{each}/{bits}" for each in (narrow, wide))  # type: ignore[return-value]
