"""The two commands keep their word in a clone: they serve what they print, stop cleanly, and survive any death."""

import signal
import socket
from pathlib import Path

import psutil
import pytest

from tests.run.clones import make, processes_of, running, titles

pytestmark = pytest.mark.slow


def test_run_serves_the_very_lines_that_it_prints(folder: Path) -> None:
    with running(folder) as run:
        lines = run.lines_to_paste()
        assert len(lines) == 4
        assert titles(run.paste(lines)) == ["First"]
        assert "Traceback" not in run.printed()
        assert make(folder, "-s", "psql", "ROLE=owner").returncode == 0
        run.end()
        assert "PostgreSQL has stopped" in run.printed()
        assert processes_of(folder) == []


def test_run_finds_its_data_again(folder: Path) -> None:
    with running(folder) as run:
        run.paste(run.lines_to_paste())
    with running(folder) as run:
        assert titles(run.paste([run.lines_to_paste()[1], run.lines_to_paste()[3]])) == ["First"]
        run.end(signal.SIGTERM)
        assert processes_of(folder) == []


@pytest.mark.parametrize("victims", ["python", "everything"])
def test_run_starts_again_after_sigkill(folder: Path, victims: str) -> None:
    with running(folder) as run:
        run.paste(run.lines_to_paste())
        left = [run.python()] if victims == "python" else processes_of(folder)
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=30)
        run.process.wait(30)
        assert (processes_of(folder) != []) == (victims == "python"), "Postgres must have outlived Python alone"
        with running(folder) as again:
            assert titles(again.paste([again.lines_to_paste()[1], again.lines_to_paste()[3]])) == ["First"]


def test_run_refuses_a_taken_port_in_one_sentence(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = make(folder, "-s", "run", PORT=port)
    assert refused.returncode != 0
    assert port in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (folder / ".data" / "run" / "data").exists(), "the port comes before anything slow"


def test_run_refuses_a_second_one_in_the_same_clone(folder: Path) -> None:
    with running(folder) as run:
        refused = make(folder, "-s", "run", PORT="1")
        assert refused.returncode != 0
        assert "already runs here" in refused.stderr
        assert str(run.python().pid) in refused.stderr
        assert "Traceback" not in refused.stderr


def test_run_refuses_half_a_configuration(folder: Path) -> None:
    refused = make(folder, "-s", "run", AUTH_DATABASE_URL="postgresql://app_auth@127.0.0.1/rowkeep")
    assert refused.returncode != 0
    assert "DATABASE_URL is not" in refused.stderr
