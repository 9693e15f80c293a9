"""The tool tells a suite that notices from one that does not: SURVIVED and exit 1, or killed and 0."""

import os
import subprocess
import sys

from db.settings import clone

FLAG = "app.memberships row security: not forced"


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`make mutants`, on a server of its own: it makes the template anew, which others are cloning from."""
    ours = ("TEST_POSTGRES", "PYTEST_", "ROWKEEP_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    command = [sys.executable, "-m", "tests.mutants", "--jobs", "1", "--log", os.devnull, *arguments]
    return subprocess.run(command, cwd=clone(), env=environment, capture_output=True, text=True, check=False)


def test_useless_suite_lets_a_mutant_survive() -> None:
    done = ran("tests/mutants/useless.py", "--only", FLAG)
    assert (done.returncode, done.stdout.count("SURVIVED")) == (1, 1), done.stderr
    assert f"SURVIVED {FLAG}" in done.stdout
    assert "0 killed" in done.stdout
    assert "no force row level security" in done.stdout


def test_isolation_suite_kills_it() -> None:
    done = ran("tests/isolation/test_owner_role.py", "--only", FLAG)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 mutants in" in done.stdout
    assert ": 1 killed, 0 contained" in done.stdout
    assert "test_owner_role test_" in done.stdout


def test_nothing_to_try_is_no_success() -> None:
    done = ran("tests/mutants/useless.py", "--only", "no such mutant")
    assert done.returncode == 2
    assert "no mutant" in done.stderr
