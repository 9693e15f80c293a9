"""The figures as a table for people, and as JSON for whoever compares two runs; neither says where it was measured."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, NamedTuple

from bench.pairs import Spread
from bench.plans import Finding
from bench.sql import Figure
from bench.web import Route

SQL_AIM, HTTP_AIM = 1.1, 2.5
LIBRARIES = (
    "fastapi",
    "httptools",
    "orjson",
    "psycopg",
    "pydantic",
    "sqlalchemy",
    "sqlmodel",
    "starlette",
    "uvicorn",
    "uvloop",
)
SQL_NOTE = """Microseconds of the server's CPU for one statement, and ratios of policies to a hand-written WHERE: the
median of turns, and their quartiles. *Statement* is the statement alone. *Transaction* is what a request sends: begin,
bind, statement, commit. *Client* is that transaction by the client's clock. By hand means a role with plain grants that
policies do not concern."""
HTTP_NOTE = """Microseconds of CPU of the API's process for one request: uvicorn, one worker, one connection. The floor
is a FastAPI app that answers the same bytes as a constant, plus bare psycopg (one pipeline, the same rows under the same
policies)."""


class Results(NamedTuple):
    """One run."""

    people: int
    rows: int
    load: float
    postgres: str
    sql: Sequence[Figure]
    http: Sequence[Route]
    findings: Sequence[Finding]
    plans: str


def markdown(results: Results) -> str:
    """The tables, and which figures are within the aim."""
    parts = []
    if results.sql:
        head = ["table", "operation", "by hand", "policies", "statement", "transaction", "client"]
        rows = [
            [each.case.table, each.case.operation, f"{each.by_hand:,.1f}", f"{each.under_policies:,.1f}",
             *map(ratio, (each.statement, each.transaction, each.client))]
            for each in results.sql
        ]  # fmt: skip
        parts += [
            f"### SQL at {results.rows:,} notes and {results.rows:,} tasks of {results.people:,} people",
            SQL_NOTE,
            table(head, rows),
            _within(
                SQL_AIM,
                statement=[each.statement for each in results.sql],
                transaction=[each.transaction for each in results.sql],
            ),
        ]
    if results.http:
        head = ["operation on notes", "constant", "psycopg", "floor", "Rowkeep", "ratio"]
        rows = [
            [each.operation, f"{each.constant:,.0f}", f"{each.psycopg:,.0f}", f"{each.constant + each.psycopg:,.0f}",
             f"{each.api:,.0f}", ratio(each.ratio)]
            for each in results.http
        ]  # fmt: skip
        parts += [
            "### HTTP", HTTP_NOTE, table(head, rows),
            _within(HTTP_AIM, requests=[each.ratio for each in results.http]),
        ]  # fmt: skip
    if results.findings:
        rows = [
            [each.case.table, each.case.operation, each.side, each.wanted, "yes" if each.found else "NO"]
            for each in results.findings
        ]
        parts += ["### Plans", table(["table", "operation", "side", "wanted", "found"], rows)]
    return "\n\n".join(parts) + "\n"


def document(results: Results) -> dict[str, Any]:
    """The same for a program."""
    return machine(results.postgres, results.load) | {
        "aims": {"sql": SQL_AIM, "http": HTTP_AIM},
        "people": results.people,
        "rows": results.rows,
        "sql": [fields(each) for each in results.sql],
        "http": [fields(each) for each in results.http],
        "plans": [fields(each) for each in results.findings],
    }


def machine(postgres: str, load: float) -> dict[str, Any]:
    """When and on what a run was."""
    libraries = {name: version(name) for name in LIBRARIES}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {"postgres": postgres, "python": platform.python_version(), **libraries},
        "cpus": os.cpu_count(),
        "load": round(load, 1),
    }


def fields(record: Any) -> dict[str, Any]:
    """A named tuple of figures, its case and spreads resolved."""
    found: dict[str, Any] = {}
    for name, value in record._asdict().items():
        if name == "case":
            found |= {"table": value.table, "operation": value.operation}
        elif isinstance(value, Spread):
            found[name] = [round(each, 3) for each in value]
        else:
            found[name] = round(value, 1) if isinstance(value, float) else value
    return found


def ratio(found: Spread) -> str:
    """The median, and the quartiles around it."""
    return f"{found.middle:.2f} ({found.low:.2f}–{found.high:.2f})"  # noqa: RUF001 - a range


def _within(aim: float, **found: list[Spread]) -> str:
    counts = [f"{sum(each.middle <= aim for each in ratios)} of {len(ratios)} ({name})" for name, ratios in found.items()]
    return f"At most {aim}: {', '.join(counts)}."


def table(head: list[str], rows: list[list[str]]) -> str:
    """Markdown."""
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    numbers = [rows[0][place][0].isdigit() for place in range(len(head))]
    rule = ["-" * (width - 1) + (":" if number else "-") for width, number in zip(widths, numbers, strict=True)]
    return "\n".join(
        "| " + " | ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, numbers, strict=True)
        ) + " |"
        for row in [head, rule, *rows]
    )  # fmt: skip
