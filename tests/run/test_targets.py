"""The targets around the database answer in a form that a person, a script and `ps` may see."""

import subprocess
from pathlib import Path

import pytest

from tests.run.clones import environment, make, processes_of, running

pytestmark = pytest.mark.slow


def test_url_prints_nothing_but_the_url(folder: Path) -> None:
    nothing = make(folder, "-s", "url", "ROLE=api")
    assert nothing.returncode != 0
    assert nothing.stdout == ""
    assert "make run" in nothing.stderr
    with running(folder):
        for role, user in (("owner", "postgres"), ("api", "app_api"), ("auth", "app_auth"), ("auditor", "auditor")):
            printed = make(folder, "-s", "url", f"ROLE={role}").stdout
            assert printed.startswith(f"postgresql://{user}:")
            assert printed.count("\n") == 1
            who = make(folder, "-s", "psql", f"ROLE={role}")
            assert who.returncode == 0, who.stderr


def test_migrate_and_check_need_nothing_running(folder: Path) -> None:
    for target in ("migrate", "check"):
        done = make(folder, "-s", target)
        assert done.returncode == 0, done.stdout + done.stderr
        assert processes_of(folder) == []
    with running(folder):
        assert make(folder, "-s", "check").returncode == 0


def test_psql_shows_no_password_in_the_process_list(folder: Path) -> None:
    with running(folder) as run:
        password = make(folder, "-s", "url", "ROLE=owner").stdout.split(":")[2].split("@")[0]
        assert len(password) > 20
        with subprocess.Popen(
            ["make", "-s", "psql"],
            cwd=folder,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as shell:
            assert shell.stdin is not None
            assert shell.stdout is not None
            shell.stdin.write("select 'connected';\n")
            shell.stdin.flush()
            while "connected" not in shell.stdout.readline():
                assert shell.poll() is None
            seen = [" ".join(process.cmdline()) for process in processes_of(folder)]
            assert any("psql" in words and "host=127.0.0.1" in words for words in seen), seen
            assert not any(password in words for words in seen)
            shell.stdin.close()
        assert password not in run.printed()
        assert password not in (folder / ".data" / "run" / "log").read_text()


def test_an_old_python_is_refused_in_one_sentence(bare: Path) -> None:
    old = bare / "python"
    old.write_text('#!/bin/sh\nexec python3 -c "import sys; sys.version_info = (3, 9); $2"\n')
    old.chmod(0o755)
    refused = make(bare, "-s", "run", PYTHON=str(old))
    assert refused.returncode != 0
    assert "needs 3.11" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (bare / ".venv").exists()


def test_help_names_every_target(folder: Path) -> None:
    named = {line.split()[1] for line in make(folder).stdout.splitlines()}
    assert named >= {"run", "test", "lint", "revision", "migrate", "check", "psql", "url", "password", "bench", "help"}
