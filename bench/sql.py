"""What policies cost Postgres: the server's CPU for a statement, against the same SQL with a hand-written WHERE.

Both sides run the transaction that a request runs: BEGIN, the binding, statements, an end, in one pipeline. By hand it
is bound to a role that policies do not concern, with plain grants; settings, defaults and triggers are the same.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from bench.burst import Burst
from bench.cpu import nanoseconds
from bench.data import superuser
from bench.pairs import Spread, alternate, spread
from bench.statements import CASES, Case
from db.seal import Seal, decoded
from db.transaction import BEGIN, BIND, binding, person

# Several, so that no single person's pages decide; few, so that both sides find them in memory.
PEOPLE = 5
KEYS = {"note": "notes", "shared": "shared", "task": "tasks"}
SEEN = """
select p.id as me, w.id as workspace, j.id as project,
  array(select id from app.notes where owner_id = p.id and deleted_at is null order by id limit 400) as notes,
  array(select note_id from app.note_shares where user_id = p.id order by id limit 400) as shared,
  array(select id from app.tasks where workspace_id = w.id and deleted_at is null order by id limit 400) as tasks
from bench.person p join bench.workspace w using (number) join bench.project j on j.workspace_id = w.id and j.place = 0
where p.number = %s
"""


class Cost(NamedTuple):
    """What one statement costs, in microseconds."""

    server: float
    client: float


class Figure(NamedTuple):
    """One operation: the statement alone, and in a transaction of its own (server's CPU, and time at the client)."""

    case: Case
    by_hand: float
    under_policies: float
    statement: Spread
    transaction: Spread
    client: Spread


class Side:
    """One connection, and how its transactions are bound."""

    def __init__(self, url: str, seal: Seal | None = None, role: str = "app_user") -> None:
        self.connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)
        self.pid = self.connection.info.backend_pid
        self.seal, self.role = seal, role
        self.burst = Burst(self.connection)

    def together(self, statement: str, arguments: list[dict[str, Any]]) -> Cost:
        """The cost of each statement alone: all in one bound transaction, which is not counted. Nothing stays."""
        with self.connection.pipeline():
            self.connection.execute(BEGIN)
            self.connection.execute(BIND, self.bound(arguments[0]["me"]))
        self.burst.prepare(statement)
        cost = self._cost(len(arguments), lambda: self.burst.run([(statement, each) for each in arguments]))
        self.burst.run([("rollback", {})])
        return cost

    def apart(self, statement: str, arguments: list[dict[str, Any]]) -> Cost:
        """The cost of each statement in a transaction of its own, as a request sends it; `tidy` takes away what stays."""

        def run() -> None:
            for each in arguments:
                with self.connection.pipeline():
                    self.connection.execute(BEGIN)
                    self.connection.execute(BIND, self.bound(each["me"]))
                    self.connection.execute(statement, each)
                    # Not a rollback: after one psycopg forgets every prepared statement.
                    self.connection.execute("commit")

        return self._cost(len(arguments), run)

    def bound(self, me: UUID) -> tuple[str, ...]:
        return binding(person(me, self.role), self.seal, self.pid)

    def _cost(self, count: int, run: Callable[[], None]) -> Cost:
        cpu, clock = nanoseconds(self.pid), time.perf_counter_ns()
        run()
        spent, passed = nanoseconds(self.pid) - cpu, time.perf_counter_ns() - clock
        return Cost(spent / count / 1000, passed / count / 1000)


def measure(environment: Mapping[str, str], owner_url: str, turns: int, say: Callable[[str], None]) -> list[Figure]:
    """Every case, `turns` times each way; each turn is another person's, the same one for both sides."""
    seal = Seal(decoded(environment["SEAL_KEY"]))
    policies, by_hand = Side(environment["DATABASE_URL"], seal), Side(owner_url, role="bench_by_hand")
    who = [sees(by_hand, number) for number in range(PEOPLE)]
    found = []
    with superuser(owner_url) as owner:
        for case in CASES:
            last = owner.execute(f"select id from app.{case.table} order by id desc limit 1").fetchone()
            policies.role = case.role
            found.append(_figure(case, by_hand, policies, who, turns))
            # Keys are ordered by time: what has come since is ours.
            owner.execute(f"delete from app.{case.table} where id > %s", last)
            owner.execute(f"vacuum app.{case.table}")
            say(f"{case.table} {case.operation}: {found[-1].statement.middle:.2f}")
    policies.connection.close()
    by_hand.connection.close()
    return found


def _figure(case: Case, by_hand: Side, policies: Side, who: list[dict[str, Any]], turns: int) -> Figure:
    def pairs(run: Callable[[Side, str, list[dict[str, Any]]], Cost]) -> list[tuple[Cost, Cost]]:
        return alternate(
            turns,
            lambda turn: run(by_hand, case.by_hand, arguments(case, who[turn % PEOPLE])),
            lambda turn: run(policies, case.under_policies, arguments(case, who[turn % PEOPLE])),
            warm=min(turns, PEOPLE),
        )

    together, apart = pairs(Side.together), pairs(Side.apart)
    return Figure(
        case,
        spread([one.server for one, _ in together]).middle,
        spread([other.server for _, other in together]).middle,
        spread([other.server / one.server for one, other in together]),
        spread([other.server / one.server for one, other in apart]),
        spread([other.client / one.client for one, other in apart]),
    )


def sees(side: Side, number: int) -> dict[str, Any]:
    """A person by their number, and rows of theirs."""
    with side.connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        row = cursor.execute(SEEN, [number]).fetchone()
    assert row is not None
    return row


def arguments(case: Case, who: dict[str, Any]) -> list[dict[str, Any]]:
    """What the statements of one turn are given."""
    same = {name: who[name] for name in ("me", "workspace", "project")} | {
        "title": "A title",
        "body": "a line of text " * 8,
    }
    if case.operation == "insert 1,000":
        same["titles"] = ["A title"] * 1000
    return [same | {one: who[several][i % len(who[several])] for one, several in KEYS.items()} for i in range(case.repeat)]
