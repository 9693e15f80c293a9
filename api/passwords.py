"""Passwords: hashed with argon2id off the event loop, a few at a time; the work is the same whether or not one is known."""

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from db.settings import Settings


class Passwords:
    """Hashes and verifies at the cost that the settings say."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.password_passes, memory_cost=settings.password_memory_kib, parallelism=1
        )
        # So many at once, so that a flood of sign-ins leaves processors and memory to everybody else.
        self._limiter = CapacityLimiter(settings.password_hashes)
        # A hash that no password has, verified where there is no account.
        self._nobody = self._hasher.hash("nobody's")

    async def hashed(self, password: str) -> str:
        """The hash to store."""
        return await to_thread.run_sync(self._hasher.hash, password, limiter=self._limiter)

    async def verified(self, known: str | None, password: str) -> bool:
        """Whether `password` is the one; an unknown account costs as much as a wrong password."""
        try:
            await to_thread.run_sync(self._hasher.verify, known or self._nobody, password, limiter=self._limiter)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False
        return known is not None

    def outdated(self, known: str) -> bool:
        """Whether a hash was made at another cost."""
        return self._hasher.check_needs_rehash(known)
