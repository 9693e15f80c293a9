"""`make bench`: measures on a throw-away database and writes bench/results; `--quick` only shows that it runs."""

import argparse
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg

import migrations
from bench import chart, data, plans, report, sql, web
from db import local
from db.embedded import DATABASE, Cluster
from db.refusal import Refusal

RESULTS = Path(__file__).parent / "results"
# Vacuum runs where it is called for, and not in the middle of a turn.
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "2GB", "autovacuum": "off"}
TITLE = """# What protection costs

Written by `make bench` on {date}: PostgreSQL {versions[postgres]}, Python {versions[python]}, {cpus} CPUs that other
programs kept busy with a load of {load} before it began. Compare ratios; microseconds are this machine's.

![Ratios](ratios.svg)

"""


class Amount(NamedTuple):
    """How much is measured."""

    people: int
    sql_turns: int
    http_turns: int
    requests: int


FULL, QUICK = Amount(1_000, 51, 75, 50), Amount(10, 2, 2, 20)


def main(words: list[str]) -> None:
    """Measure, print the tables, and write them unless quick or partial."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows and turns, under half a minute; nothing is written")
    parser.add_argument("--only", choices=["sql", "http"], help="one part; nothing is written")
    parser.add_argument("--results", type=Path, help="write the results here, whatever was measured")
    asked = parser.parse_args(words)
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    results = measure(QUICK if asked.quick else FULL, asked.only)
    print(report.markdown(results))
    folder = asked.results or (None if asked.quick or asked.only else RESULTS)
    if folder:
        write(folder, results)


def measure(amount: Amount, only: str | None) -> report.Results:
    """The results of the parts that are asked for."""
    begun = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - begun:4.0f} s  {line}", file=sys.stderr, flush=True)

    load, cpus = os.getloadavg()[0], os.cpu_count() or 1
    if load > cpus / 2:
        say(f"other programs keep {cpus} CPUs busy with a load of {load:.1f}: expect higher ratios than when it is quiet")
    with cluster(amount) as server:
        url = server.url(database=DATABASE)
        migrations.upgrade(url)
        local.open_logins(server)
        environment = local.environment(server)
        say("migrated")
        size = data.Size(amount.people)
        data.load(url, size, say)
        data.allow_by_hand(url)
        texts, findings = plans.explain(url)
        figures = [] if only == "http" else sql.measure(environment, url, amount.sql_turns, say)
        routes = [] if only == "sql" else web.measure(environment, url, amount.http_turns, amount.requests, say)
        with psycopg.connect(url) as owner:
            version = str(owner.info.parameter_status("server_version"))
    return report.Results(amount.people, size.rows, load, version, figures, routes, findings, texts)


@contextmanager
def cluster(amount: Amount) -> Iterator[Cluster]:
    """A running Postgres in a temporary folder, with an empty database; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="rowkeep-bench-") as name:
        if amount is FULL and shutil.disk_usage(name).free < 5e9:
            raise Refusal(f"{Path(name).parent} has less than 5 GB free: set TMPDIR to a folder with more.")
        # As root, the server runs as another account, which has to get in.
        Path(name).chmod(0o711)
        with Cluster(Path(name) / "cluster", durable=False, settings=SETTINGS) as server:
            server.create_database(DATABASE)
            yield server


def write(folder: Path, results: report.Results) -> None:
    """The same figures for people, for programs and as a picture, and the plans."""
    folder.mkdir(parents=True, exist_ok=True)
    document = report.document(results)
    title = TITLE.format(**document)
    (folder / "README.md").write_text(title + report.markdown(results))
    (folder / "latest.json").write_text(json.dumps(document, indent=1) + "\n")
    (folder / "ratios.svg").write_text(chart.draw(results))
    (folder / "plans.txt").write_text(results.plans)
    print(f"wrote {folder}", file=sys.stderr)


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    main(sys.argv[1:])
