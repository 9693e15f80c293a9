"""Who was looked up lately is not looked up again: for so many seconds, unless what was found has ended since."""

from collections.abc import Awaitable, Callable
from time import time
from typing import NamedTuple

from api.auth import REMEMBERED, Claims
from db.ended import Ended


class Found(NamedTuple):
    """Whom something stands for, and when it was last ended: what was made before that is not good (seconds since 1970)."""

    claims: Claims
    ended_at: float = 0


class Remembered:
    """What `Ended` has is asked for anew each time, so it must know an end for as long as this remembers."""

    def __init__(self, ended: Ended, *, seconds: float) -> None:
        self._ended, self._seconds = ended, seconds
        self._kept: dict[str, tuple[Found, float]] = {}

    async def get(self, key: str, find: Callable[[], Awaitable[Found]]) -> Found:
        """What `find` answers, or answered lately; what it raises is not remembered.

        Raises: Unknown where the database cannot tell what has ended.
        """
        found, until = self._kept.get(key, (None, 0.0))
        if found is None or until < time() or await self._ended.includes(found.claims.session_id):
            self._kept.pop(key, None)
            found = await find()
            if len(self._kept) >= REMEMBERED:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = found, time() + self._seconds
        return found
