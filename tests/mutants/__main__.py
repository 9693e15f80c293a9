"""`make mutants`: weaken every policy, grant, trigger and function, one at a time, and see which test notices."""

import argparse
import os
import sys

import pytest

from tests.mutants.loop import Loop
from tests.mutants.mutant import SURVIVED

SUITE = ["tests/isolation"]


def main() -> int:
    """0 where every mutant was killed or is contained by a layer whose removal kills it."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("suite", nargs="*", default=SUITE, help="the tests that must notice")
    parser.add_argument("--only", default="", help="words that a mutant's name must have: a table, a policy, a change")
    parser.add_argument("--step", type=int, default=1, help="every n-th mutant alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--log", default=".data/mutants.txt", help="where each verdict is written as it comes")
    parser.add_argument("--learn", action="store_true", help="write down who noticed each, whom the next run asks first")
    asked = parser.parse_args()
    loop = Loop(asked.only, asked.jobs, asked.step, asked.log, learn=asked.learn)
    options = ["-o", "addopts=", "--import-mode=importlib", "-m", "not slow", "-s"]
    # Nothing but the tests: no report of pytest's own, no cache, and no word about what was imported before it.
    options += ["-p", "no:terminal", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    code = pytest.main([*options, *(asked.suite or SUITE)], plugins=[loop])
    if loop.failed or code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        print(loop.failed or f"pytest ended with {code!r}", file=sys.stderr)
        return 2
    return int(any(verdict.fate == SURVIVED for _, verdict in loop.found))


if __name__ == "__main__":
    sys.exit(main())
