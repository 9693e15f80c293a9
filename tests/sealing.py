"""How tests bind: sealed, with a key that all workers of a run share; SEALED=0 runs the same tests on unsealed databases."""

import os
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from db.engine import engine
from db.seal import Seal, decoded, new_key

KEY = "ROWKEEP_TEST_SEAL"


def prepare_key() -> None:
    """Once per run, before the template is made."""
    os.environ[KEY] = new_key() if os.environ.get("SEALED", "1") != "0" else ""


def seal_key() -> str | None:
    """SEAL_KEY of the APIs under test."""
    return os.environ[KEY] or None


def seal() -> Seal | None:
    """What seals identities in this run."""
    key = seal_key()
    return Seal(decoded(key)) if key else None


def pool(url: str, **options: Any) -> AsyncEngine:
    """A pool of a login, as the API would make it."""
    found = seal()
    if found and options.get("pooled"):
        found.backend = False
    return engine(url, seal=found, **options)
