"""Second factors: time-based codes (RFC 6238), each good once; their secrets are sealed before the database has them."""

import hmac
from base64 import b32encode
from secrets import token_bytes
from time import time
from typing import NamedTuple
from uuid import UUID

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, select

from api.secret import digest, new_secret
from db.settings import Settings

ISSUER = "Rowkeep"
STEP = 30  # seconds, as authenticators have it
AROUND = (0, -1, 1)  # steps: a clock that is off by one is believed
RECOVERY = 10
NONCE = 12


class Judged(NamedTuple):
    """What Postgres is told of a code: of a right one its step and the secret sealed anew; of any its hash."""

    step: int | None
    sealed: bytes | None
    recovery: bytes


NONE = Judged(None, None, b"")
# The sealed secret of whom the transaction is about.
FACTOR = select(func.auth.factor().table_valued("user_id", "secret", "confirmed", "last_step"))


class Factors:
    """Seals with a key of TOKEN_KEYS, the first; opens with any, so that one can follow another."""

    def __init__(self, settings: Settings) -> None:
        self._keys = [AESGCM(key) for key in settings.derived("second factors")]

    def sealed(self, user_id: UUID, secret: str) -> bytes:
        """For this person alone: in another's row it opens nothing."""
        nonce = token_bytes(NONCE)
        return nonce + self._keys[0].encrypt(nonce, secret.encode(), user_id.bytes)

    def judged(self, code: str, user_id: UUID, sealed: bytes, last_step: int) -> Judged:
        """A code of six digits, or a recovery code, however it is written."""
        plain = "".join(code.split()).replace("-", "").lower()
        secret, recovery = self._opened(user_id, sealed), digest(plain)
        now = int(time()) // STEP
        for step in (now + each for each in AROUND) if secret else ():
            right = pyotp.TOTP(secret).generate_otp(step).encode()
            if step > last_step and hmac.compare_digest(right, plain.encode(errors="replace")):
                return Judged(step, self.sealed(user_id, secret), recovery)
        return Judged(None, None, recovery)

    def _opened(self, user_id: UUID, sealed: bytes) -> str:
        for key in self._keys:
            try:
                return key.decrypt(sealed[:NONCE], sealed[NONCE:], user_id.bytes).decode()
            except InvalidTag:
                continue
        return ""


def fresh() -> str:
    """160 bits, as authenticators want them."""
    return b32encode(digest(new_secret())[:20]).decode()


def recovery_codes() -> list[str]:
    """Ten of 80 bits, to be written down."""
    made = digest(new_secret())
    words = [b32encode(digest(f"{made.hex()}{number}")[:10]).decode().lower() for number in range(RECOVERY)]
    return ["-".join(word[start : start + 4] for start in range(0, 16, 4)) for word in words]


def address(secret: str, account: str) -> str:
    """What authenticators read as a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)
