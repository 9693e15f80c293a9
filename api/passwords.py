"""Passwords: hashed with argon2id off the event loop, a few at a time; the work is the same whether or not one is known."""

from functools import cache

from anyio import CapacityLimiter, to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# RFC 9106's second recommendation is 64 MiB; OWASP's minimum is 19 MiB and 2 passes, kept for small machines.
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def limiter() -> CapacityLimiter:
    """Two hashes at once, so that a flood of sign-ins leaves processors to everybody else."""
    return CapacityLimiter(2)


@cache
def nobody() -> str:
    """A hash that no password has, verified where there is no account."""
    return hasher.hash("nobody's")


async def hashed(password: str) -> str:
    """The hash to store."""
    return await to_thread.run_sync(hasher.hash, password, limiter=limiter())


async def verified(known: str | None, password: str) -> bool:
    """Whether `password` is the one; an unknown account costs as much as a wrong password."""
    try:
        await to_thread.run_sync(hasher.verify, known or nobody(), password, limiter=limiter())
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
    return known is not None
