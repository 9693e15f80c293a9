"""A secret of 256 bits is shown or sent once, and stored as its hash alone."""

import hashlib
import secrets


def new_secret() -> str:
    """256 bits that nobody guesses."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of one; 256 bits need no salt. Whatever else somebody typed has a digest too."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()
