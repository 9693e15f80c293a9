"""One attempt and its judge: what came back, compared with what may; every attempt is refused, or says what it leaked."""

import re
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from tests.attack.ground import Ground
from tests.isolation.session import acting

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Attempt:
    """`run` answers what leaked, or nothing; `where` is the table and who; `known` what the documents call it, if they do."""

    family: str
    name: str
    where: str
    run: Callable[[Ground], str]
    known: str = ""


@dataclass
class Came:
    """What came of a statement: how many rows, the SQLSTATE, and all the text that was shown."""

    rows: int = 0
    state: str = ""
    text: str = ""

    @property
    def outcome(self) -> str | int:
        """The SQLSTATE, or the number of rows."""
        return self.state or self.rows


def tried(session: psycopg.Connection[Any], sql: str) -> Came:
    """Runs the statement as a session would; an error ends the attempt and not the transaction."""
    came, notices = Came(), []
    session.add_notice_handler(lambda diagnostic: notices.append(str(diagnostic.message_primary)))
    in_transaction = session.info.transaction_status != psycopg.pq.TransactionStatus.IDLE
    if in_transaction:
        session.execute("savepoint attempt")
    try:
        came.rows, came.text = _run(session, sql)
    except psycopg.Error as error:
        diagnostic = error.diag
        said = (diagnostic.message_primary, diagnostic.message_detail, diagnostic.message_hint, diagnostic.context)
        came.state, came.text = error.sqlstate or type(error).__name__, " ".join(str(each) for each in said)
        # What ended its transaction, or its session, has no savepoint to go back to.
        if session.info.transaction_status == psycopg.pq.TransactionStatus.INERROR:
            with suppress(psycopg.Error):
                session.execute("rollback to savepoint attempt")
    came.text += " ".join(notices)
    return came


def _run(session: psycopg.Connection[Any], sql: str) -> tuple[int, str]:
    with session.cursor() as cursor:
        if sql.startswith("copy ") and sql.endswith(("stdout", "stdin")):
            with cursor.copy(sql.encode()) as copy:
                lines = [bytes(line) for line in copy] if sql.endswith("stdout") else []
            return len(lines), str(lines)
        cursor.execute(sql.encode(), prepare=False)
        texts, rows = [], 0
        while True:
            rows = max(cursor.rowcount, 0)
            texts.append(str(cursor.fetchall()) if cursor.description else "")
            if not cursor.nextset():
                return rows, " ".join(texts)


def shown(ground: Ground, came: Came, sql: str) -> str:
    """The first of the victim's texts or keys that came back, and was not in the question."""
    secrets = [*ground.canaries, *map(str, ground.world.live.values())]
    return next((f"shows {each}" for each in secrets if each in came.text and each not in sql), "")


def judged(ground: Ground, came: Came, sql: str, expected: Collection[str | int]) -> str:
    """What leaked: a text of the victim's, or an outcome other than those that were promised ('error' is any refusal)."""
    seen = shown(ground, came, sql)
    refused = came.outcome in expected or ("error" in expected and came.state and came.state[:2] != "23")
    return seen or ("" if refused else f"answers {came.outcome}: {came.text[:80]}")


def statement(
    family: str, name: str, sql: str, table: str = "", *, who: str = "mallory", role: str = "app_user",
    expected: Collection[str | int] = (0, "error"), commit: bool = False, row: Callable[[Ground], UUID] | None = None,
) -> Attempt:  # fmt: skip
    """A statement by somebody: a person in a role, `nobody` in a role without identity, or the `login` by itself."""

    def run(ground: Ground) -> str:
        where = table or "notes"
        whole = sql.format(**ground.ids(where, row(ground) if row else None))
        if who in {"login", "nobody"}:
            with psycopg.connect(ground.database.api, autocommit=True) as session:
                session.execute("begin")
                if who == "nobody":
                    session.execute(f"set local role {role}".encode())
                came = tried(session, whole)
        else:
            with acting(ground.database.api, ground.world.person(who).id, role, commit=commit) as session:
                came = tried(session, whole)
        return judged(ground, came, whole, expected)

    return Attempt(family, name, f"{table} as {who} {role}".strip(), run)


def pair(family: str, name: str, sql: str, table: str, *, role: str = "app_user") -> Attempt:
    """The same statement about the victim's row and about one that never was: a difference is an answer."""

    def run(ground: Ground) -> str:
        came = []
        for row in (None, NOBODY):
            known = ground.ids(table, row) | ({"workspace": NOBODY} if row else {})
            with acting(ground.database.api, ground.world.mallory.id, role) as session:
                came.append(tried(session, sql.format(**known)))
        there, never = [(each.outcome, ID.sub("id", each.text)) for each in came]
        return "" if there == never else f"tells {there} from {never}"

    return Attempt(family, name, f"{table} as mallory {role}", run)
