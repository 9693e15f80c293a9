"""What stays possible by nature: each is done here before it is admitted, and has to be named in the documents."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import psycopg

from db.settings import clone
from tests.attack.attempt import tried
from tests.attack.ground import Ground
from tests.isolation.session import acting

Session = psycopg.Connection[Any]


@dataclass(frozen=True)
class Known:
    """What somebody can still do, the words by which the documents admit it, and the proof."""

    name: str
    words: str
    proof: Callable[[Ground], bool]


@cache
def documents() -> str:
    """What the project says about itself, in lower case and one line."""
    files = [clone() / "README.md", clone() / "policies" / "README.md", *sorted((clone() / "docs").glob("*.md"))]
    return " ".join(" ".join(file.read_text().lower().replace("`", "") for file in files).split())


def admitted(words: str) -> bool:
    """Whether the documents say so."""
    return words in documents()


def rows_removed(ground: Ground) -> bool:
    """EXPLAIN ANALYZE counts the rows that the filter hid."""
    with acting(ground.database.api, ground.world.mallory.id) as session:
        session.execute(
            "set local enable_indexscan = off; set local enable_bitmapscan = off; set local enable_indexonlyscan = off"
        )
        return "Rows Removed by Filter" in tried(session, "explain analyze select from app.notes").text


def own_statistics(ground: Ground) -> bool:
    """What a transaction has read is counted, with what policies hid of it."""
    with acting(ground.database.api, ground.world.mallory.id) as session:
        session.execute("set local enable_indexscan = off; set local enable_indexonlyscan = off")
        seen = tried(session, "select from app.notes").rows
        counted = f"select where pg_stat_get_xact_tuples_returned('app.notes'::regclass) > {seen}"
        return tried(session, counted).rows > 0


def sizes(ground: Ground) -> bool:
    """The size of a table is everybody's to see."""
    return _succeeds(ground, "select where pg_relation_size('app.notes') > 0")


def estimates(ground: Ground) -> bool:
    """How many rows a table had when it was last analyzed."""
    return _succeeds(ground, "select from pg_class where oid = 'app.notes'::regclass and reltuples > 0")


def advisory(ground: Ground) -> bool:
    """A lock by number is anybody's, and so makes others wait who use the number."""
    return _succeeds(ground, "select pg_try_advisory_xact_lock(hashtextextended('app.memberships:x', 0))")


def own_settings(ground: Ground) -> bool:
    """A login may change what its next session starts with."""
    with psycopg.connect(ground.database.api) as session:
        came = tried(session, "alter role app_api set work_mem = '1MB'")
        session.rollback()
        return not came.state


def own_password(ground: Ground) -> bool:
    """A login may change its own password."""
    with psycopg.connect(ground.database.api) as session:
        came = tried(session, "alter role app_api password 'changed'")
        session.rollback()
        return not came.state


def notified(ground: Ground) -> bool:
    """What is sent by NOTIFY is heard by whoever listens."""
    return _succeeds(ground, "listen planted; notify planted, 'x'")


def locked(ground: Ground) -> bool:
    """A table-level DELETE brings LOCK TABLE, which makes everybody wait."""
    return _succeeds(ground, "lock table app.memberships in access exclusive mode")


def seen_locks(ground: Ground) -> bool:
    """Who locks which table shows."""
    return _succeeds(ground, "select from pg_locks limit 1")


def slept(ground: Ground) -> bool:
    """A session can be kept busy."""
    return _succeeds(ground, "select pg_sleep(0)")


def _succeeds(ground: Ground, sql: str) -> bool:
    with acting(ground.database.api, ground.world.mallory.id) as session:
        came = tried(session, sql)
        return not came.state and (came.rows > 0 or not sql.startswith("select"))


KNOWN = [
    Known("EXPLAIN ANALYZE counts hidden rows", "counts the rows that a policy hid", rows_removed),
    Known("what one's own transaction read", "statistics of one's own transaction", own_statistics),
    Known("a table's size", "how large a table is", sizes),
    Known("a table's estimated rows", "how large a table is", estimates),
    Known("advisory locks by number", "advisory lock", advisory),
    Known("the login's own settings", "its own settings", own_settings),
    Known("the login's own password", "its own password", own_password),
    Known("NOTIFY is heard by everybody", "notify", notified),
    Known("LOCK TABLE where DELETE is granted", "lock table", locked),
    Known("locks of others", "pg_locks", seen_locks),
    Known("keeping a session busy", "keep a session busy", slept),
]
