"""`make price`: what a sealed identity and a reset session cost beside neither, in under four minutes; writes bench/results."""

import argparse
import json
import logging
import os
import signal
import sys
import time
from pathlib import Path
from typing import NamedTuple

import psycopg

import migrations
from bench import chart, data, plain, report
from bench.__main__ import RESULTS, Amount, cluster
from bench.chart import DARK, LIGHT, Bar, Panel
from bench.report import ratio, table
from bench.sealed_http import Request, requests
from bench.sealed_sql import Statement, statements
from db import local
from db.embedded import DATABASE

FULL, QUICK = Amount(100, 51, 51, 100), Amount(10, 3, 3, 20)
ADDED_AIM, HTTP_AIM = 15, 1.10
TITLE = """# What the seal and the reset cost

Written by `make price` on {date}: PostgreSQL {versions[postgres]}, Python {versions[python]}, {cpus} CPUs that other
programs kept busy with a load of {load} before it began. Compare ratios; microseconds are this machine's.

![Added microseconds and ratios](seal.svg)

### Statements

Microseconds of the server's CPU for one statement under the same policies, with bare settings and with sealed
identities; what the seal adds, and the ratio: the median of turns, and their quartiles. Aim: at most {aim} added.

{statements}

### Requests

Microseconds of CPU of a request on notes, the API's process and its backend together: with neither, with sealed
identities, and with sessions that are reset too; ratios to neither. Aim for the list: at most {http:.2f}.

{requests}
"""


class Results(NamedTuple):
    """One run."""

    load: float
    postgres: str
    statements: list[Statement]
    requests: list[Request]


def main(words: list[str]) -> None:
    """Measure, print the tables, and write them unless quick."""
    parser = argparse.ArgumentParser(prog="python -m bench.seal", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows and turns, a quarter of a minute; nothing is written")
    asked = parser.parse_args(words)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    results = measure(QUICK if asked.quick else FULL)
    print(markdown(results))
    if not asked.quick:
        write(RESULTS, results)


def measure(amount: Amount) -> Results:
    """Both parts, on one database and a copy of it."""
    begun, load = time.monotonic(), os.getloadavg()[0]

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:4.0f} s  {line}", file=sys.stderr, flush=True)

    with cluster(amount) as server:
        url = server.url(database=DATABASE)
        migrations.upgrade(url)
        local.open_logins(server)
        data.load(url, data.Size(amount.people), say)
        data.allow_by_hand(url)
        sealed = local.environment(server)
        bare = plain.copied(sealed)
        figures = statements(sealed, bare, amount.sql_turns, say)
        routes = requests(sealed, bare, amount.http_turns, amount.requests, say)
        with psycopg.connect(url) as owner:
            version = str(owner.info.parameter_status("server_version"))
    return Results(load, version, figures, routes)


def markdown(results: Results) -> str:
    """The two tables."""
    of_statements = table(
        ["table", "operation", "plain", "sealed", "added", "ratio"],
        [
            [each.case.table, each.case.operation, f"{each.plain:,.1f}", f"{each.sealed:,.1f}",
             f"{each.added.middle:.1f} ({each.added.low:.1f} to {each.added.high:.1f})", ratio(each.ratio)]
            for each in results.statements
        ],
    )  # fmt: skip
    of_requests = table(
        ["operation", "plain", "sealed", "reset too", "seal", "seal and reset"],
        [
            [each.operation, f"{each.plain:,.0f}", f"{each.sealed:,.0f}", f"{each.sealed_and_reset:,.0f}",
             ratio(each.seal), ratio(each.seal_and_reset)]
            for each in results.requests
        ],
    )  # fmt: skip
    return TITLE.format(
        **report.machine(results.postgres, results.load),
        aim=ADDED_AIM,
        http=HTTP_AIM,
        statements=of_statements,
        requests=of_requests,
    )


def drawn(results: Results) -> str:
    """The figures that have an aim, in a picture; a thousand rows at once are another order of microseconds."""
    single = [each for each in results.statements if each.case.operation != "insert 1,000"]
    return chart.picture([
        Panel(
            "Microseconds of server CPU that the seal adds to a statement",
            [(DARK, "sealed, less bare settings")],
            ADDED_AIM,
            [(f"{each.case.table} · {each.case.operation}", [Bar(each.added, DARK)]) for each in single],
            digits=1,
        ),
        Panel(
            "CPU of a request, API and backend together, against neither seal nor reset",
            [(DARK, "sealed and reset"), (LIGHT, "sealed")],
            HTTP_AIM,
            [
                (f"notes · {each.operation}", [Bar(each.seal_and_reset, DARK), Bar(each.seal, LIGHT)])
                for each in results.requests
            ],
        ),
    ])  # fmt: skip


def write(folder: Path, results: Results) -> None:
    """The same figures for people, for programs and as a picture."""
    document = report.machine(results.postgres, results.load) | {
        "statements": [report.fields(each) for each in results.statements],
        "requests": [report.fields(each) for each in results.requests],
    }
    (folder / "seal.md").write_text(markdown(results))
    (folder / "seal.json").write_text(json.dumps(document, indent=1) + "\n")
    (folder / "seal.svg").write_text(drawn(results))
    print(f"wrote {folder}/seal.*", file=sys.stderr)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    main(sys.argv[1:])
