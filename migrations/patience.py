"""Tries a migration again that gave up its wait for a lock: in between, the requests that queued behind it get through."""

import logging
import random
import time
from collections.abc import Callable

from psycopg.errors import DeadlockDetected, LockNotAvailable
from sqlalchemy.exc import DBAPIError

from db.refusal import Refusal

log = logging.getLogger("alembic.runtime.migration")
TRIES = 40
GAVE_UP = (
    "another transaction held a lock that the migration needs, at every try: revisions that were finished stay, the one that "
    "waited left nothing. Find it with `select * from pg_stat_activity order by xact_start`, end it or wait for it, and run "
    "the migration again"
)


def pause() -> None:
    """Long enough for others, and never in step with them."""
    time.sleep(random.uniform(0.5, 3))  # noqa: S311 - not a secret


def patiently(migrate: Callable[[], None]) -> None:
    """Runs it until no lock is in the way; each finished revision is committed, so what is repeated is the one that waited.

    Raises: Refusal after many tries.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return migrate()
        except (DBAPIError, LockNotAvailable, DeadlockDetected) as error:
            if not isinstance(getattr(error, "orig", error), LockNotAvailable | DeadlockDetected):
                raise
            if attempt == TRIES:
                raise Refusal(GAVE_UP) from error
        log.info("a lock was not to be had: try %s of %s follows", attempt + 1, TRIES)
        pause()
    return None
