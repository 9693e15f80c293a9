"""Upgrades that run at the same time: the schema is made once, and databases of one cluster do not disturb each other."""

import os
import subprocess
import sys

from db.embedded import Cluster
from db.settings import clone
from migrations import check, head
from tests.migrations.catalog import at, snapshot, value


def upgrades(*urls: str) -> list[subprocess.Popen[str]]:
    """`python -m migrations upgrade` for each, started together."""
    command = [sys.executable, "-W", "error", "-m", "migrations", "upgrade"]
    return [
        subprocess.Popen(
            command,
            cwd=clone(),
            env={**os.environ, "OWNER_DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for url in urls
    ]


def test_upgrades_at_once_make_each_schema_once(cluster: Cluster) -> None:
    """Two of one empty database and one of another, on a cluster that has no role yet."""
    cluster.create_database("test_other")
    one, other = cluster.url(database="test"), cluster.url(database="test_other")
    processes = upgrades(one, one, other)
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], outputs
    for url in (one, other):
        assert at(url) == head()
        assert value(url, "select count(*) from audit.alembic_version") == 1
        assert value(url, "select count(*) from audit.release") == 1
    assert snapshot(one) == snapshot(other)
    check(one)
