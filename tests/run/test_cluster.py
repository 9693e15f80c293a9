"""A cluster comes up whatever its last run left: half a folder, a taken port, another process's id, orphans."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from db.embedded import Cluster
from db.processes import postmaster
from db.refusal import Refusal

pytestmark = pytest.mark.slow


def answers(cluster: Cluster) -> bool:
    """Whether a statement comes back."""
    with psycopg.connect(cluster.url()) as connection:
        return connection.execute("select 1").fetchone() == (1,)


def test_start_answers_with_the_promised_settings(tmp_path: Path) -> None:
    with Cluster(tmp_path / "c", durable=False, settings={"log_statement": "all"}) as cluster:
        with psycopg.connect(cluster.url()) as connection:
            shown = [
                connection.execute(f"show {name}").fetchone()
                for name in ("server_encoding", "TimeZone", "max_connections", "fsync", "log_statement")
            ]
        assert shown == [("UTF8",), ("UTC",), ("300",), ("off",), ("all",)]
        with pytest.raises(psycopg.OperationalError, match=r"no password supplied|password authentication failed"):
            psycopg.connect(cluster.url(password="wrong"))
        listening = {c.laddr.ip for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == cluster.port}
        assert listening == {"127.0.0.1"}
    assert not cluster.running


def test_start_remembers_its_port_and_yields_a_taken_one(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "c", durable=False)
    with cluster:
        first = cluster.port
    with cluster:
        assert cluster.port == first
    with socket.create_server(("127.0.0.1", first)), cluster:
        assert cluster.port != first


def test_start_makes_its_data_anew_after_half_an_initdb(tmp_path: Path) -> None:
    half = tmp_path / "c" / "data.new"
    (half / "base").mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with Cluster(tmp_path / "c", durable=False) as cluster:
        assert answers(cluster)
    assert not half.exists()


def test_start_is_not_fooled_by_a_process_id_that_is_somebody_elses(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "c", durable=False)
    with cluster:
        owner = (cluster.data / "PG_VERSION").stat()
    with subprocess.Popen(["sleep", "60"], user=owner.st_uid if os.geteuid() == 0 else None) as stranger:
        (cluster.data / "postmaster.pid").write_text(f"{stranger.pid}\n{cluster.data}\n0\n{cluster.port}\n")
        assert not cluster.running
        with cluster:
            assert stranger.poll() is None
        stranger.kill()


def test_start_waits_for_the_orphans_of_a_killed_server(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "c", durable=False)
    with cluster:
        busy = subprocess.Popen([sys.executable, "-c", BUSY, cluster.url()], stderr=subprocess.DEVNULL)
        time.sleep(1)
        server = postmaster(cluster.data)
        assert server is not None
        server.kill()
        cluster.stop()
        with cluster:
            assert answers(cluster)
        busy.wait(30)


# A query that looks at nothing around it: its process notices a dead postmaster only when it is done.
BUSY = """
import psycopg, sys
psycopg.connect(sys.argv[1]).execute("select count(*) from generate_series(1, 30000000)")
"""


def test_claim_refuses_a_second_holder_and_ends_with_the_first(tmp_path: Path) -> None:
    first, second = Cluster(tmp_path / "c"), Cluster(tmp_path / "c")
    first.claim()
    with pytest.raises(Refusal, match=f"as process {os.getpid()}"):
        second.claim()
    first.stop()
    second.claim()
    second.stop()
