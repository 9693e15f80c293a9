"""The plans of the reads, on both sides, and whether they are what the indexes were made for."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import psycopg

from bench.burst import NAMED
from bench.statements import CASES, Case
from db.transaction import BIND, binding, person

SIDES = ("under policies", "by hand")


class Finding(NamedTuple):
    """Whether one plan is as it should be, and what it was held against."""

    case: Case
    side: str
    wanted: str
    found: bool


def explain(owner_url: str) -> tuple[str, list[Finding]]:
    """All plans as text, and a finding for each that has something to show."""
    texts, findings = [], []
    for case in CASES:
        if not case.reads:
            continue
        for side in SIDES:
            role = "bench_by_hand" if side == "by hand" else case.role
            statement = case.by_hand if side == "by hand" else case.under_policies
            plan = _plan(owner_url, role, statement)
            texts.append(f"-- {case.table}, {case.operation}, {side}\n{plan}\n")
            findings += [Finding(case, side, wanted, found) for wanted, found in _judge(case, plan).items()]
    return "\n".join(texts), findings


def _plan(owner_url: str, role: str, statement: str) -> str:
    # The generic plan, which a prepared statement settles on; it names no value.
    numbers: dict[str, str] = {}
    generic = NAMED.sub(lambda match: numbers.setdefault(match[1], f"${len(numbers) + 1}"), statement)
    with psycopg.connect(owner_url) as connection:
        connection.execute(BIND, binding(person(UUID(int=1), role), None, 0))
        return "\n".join(row[0] for row in connection.execute(f"explain (costs off, generic_plan) {generic}".encode()))


def _judge(case: Case, plan: str) -> Mapping[str, bool]:
    if case.operation == "count":
        return {"Index Only Scan": f"Index Only Scan using {case.table}_" in plan}
    if case.operation.startswith("get"):
        return {"one index, no sequential scan": "Index Scan using" in plan and "Seq Scan" not in plan}
    return {"index order, no Sort": "Index Scan Backward" in plan and "Sort" not in plan}
