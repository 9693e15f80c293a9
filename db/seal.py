"""The seal: proof to Postgres that an identity was bound by the API, which SQL typed into the API's session cannot make.

A seal is the HMAC-SHA256 of `Identity.covered`, in base64; the database checks it in `seal.verified` (policies/seal.sql), and
accepts it where the transaction starts in its step of `STEP` seconds or in the one before or after.
"""

import base64
import binascii
import hashlib
import secrets
import time
from functools import lru_cache
from typing import Any, NamedTuple

import psycopg

# Seconds that clocks may differ by, either way; three steps are the minute that a seal lives at most.
STEP = 20
BLOCK = 64  # bytes of a SHA-256 block
# Within a step a person's seal on a connection is the same: 2 us, and 7 to make it. Their requests come in rows.
REMEMBERED = 10_000


def decoded(key: str) -> bytes:
    """A key from its base64.

    Raises: ValueError saying how to make a better one.
    """
    remedy = "set it to the output of `openssl rand -base64 32`"
    try:
        raw = base64.b64decode(key.strip(), validate=True)
    except binascii.Error as error:
        raise ValueError(f"SEAL_KEY is not base64: {remedy}") from error
    if len(raw) < 32:
        raise ValueError(f"SEAL_KEY is shorter than 32 bytes: {remedy}")
    if len(set(raw)) < 16:
        raise ValueError(f"SEAL_KEY is guessable: {remedy}")
    return raw


def new_key() -> str:
    """A key for SEAL_KEY."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


class Identity(NamedTuple):
    """What a transaction is bound to: the role that it becomes, the one setting that policies read, and what narrows it."""

    role: str
    setting: str
    value: str
    scope: str = ""  # app.current_scope

    def covered(self, step: int, backend: int) -> str:
        """All that a seal is over, as seal.code reads it from the session. No two read alike, whatever is in them: a number
        comes first only where there is a scope, since no role is called one.
        """
        scope = f"{len(self.scope)}|{self.scope}|" if self.scope else ""
        return f"{scope}{self.role}|{self.setting}|{step}|{backend}|{self.value}"


class Seal:
    """Seals identities with one key; `backend` says whether a seal is good on its own connection alone."""

    def __init__(self, key: bytes, *, backend: bool = True) -> None:
        self.backend = backend
        # HMAC (RFC 2104) up to the message. Going on from here costs a request 6 us, and `hmac.digest` 12: OpenSSL looks its
        # algorithms up anew, which is slow in a process that does much else in between.
        self._inside, self._outside = map(hashlib.sha256, _pads(key))
        self._made = lru_cache(REMEMBERED)(self._make)

    def __call__(self, identity: Identity, pid: int) -> str:
        """The seal of an identity, for a transaction that starts now."""
        return self._made(identity, round(time.time()) // STEP, pid if self.backend else 0)

    def _make(self, identity: Identity, step: int, backend: int) -> str:
        inside, outside = self._inside.copy(), self._outside.copy()
        inside.update(identity.covered(step, backend).encode())
        outside.update(inside.digest())
        return base64.b64encode(outside.digest()).decode()


def accept(owner: psycopg.Connection[Any], key: bytes) -> None:
    """Makes a key valid beside those that are; from the first on, the database accepts no identity without a seal.

    What is stored are the two padded keys of HMAC (RFC 2104), since SQL has sha256 and no xor of bytes.
    """
    with owner.transaction():
        owner.execute("set local role app_seal")
        owner.execute("insert into seal.keys (inner_pad, outer_pad) values (%s, %s) on conflict do nothing", _pads(key))


def retire(owner: psycopg.Connection[Any], key: bytes) -> int:
    """Takes back every key but this one, which must be valid; answers how many.

    Raises: ValueError, upon which nothing was changed.
    """
    with owner.transaction():
        owner.execute("set local role app_seal")
        if owner.execute("select from seal.keys where inner_pad = %s", _pads(key)[:1]).rowcount == 0:
            raise ValueError("the database does not know this SEAL_KEY: `make rotate-seal` adds it")
        return owner.execute("delete from seal.keys where inner_pad <> %s", _pads(key)[:1]).rowcount


def _pads(key: bytes) -> list[bytes]:
    block = (key if len(key) <= BLOCK else hashlib.sha256(key).digest()).ljust(BLOCK, b"\0")
    return [bytes(byte ^ pad for byte in block) for pad in (0x36, 0x5C)]
