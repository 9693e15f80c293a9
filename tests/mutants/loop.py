"""A pytest plugin that takes the place of the test loop: collected tests run against every mutant, in parallel."""

import os
import sys
import time
from collections import Counter, deque
from itertools import chain
from multiprocessing.connection import Connection, wait
from typing import Any, cast

import psycopg
import pytest

from db.settings import clone
from tests.mutants import functions, grants, killers, policies, report, tables
from tests.mutants.forked import FORK, WORLD, forked, make_world, outcomes, served
from tests.mutants.mutant import SURVIVED, Killer, Mutant, Verdict
from tests.mutants.trial import Learned, Trials, slow_modules
from tests.server import SERVER, at


def every_mutant(connection: psycopg.Connection[Any], victim: str) -> list[Mutant]:
    """All of a database's, in the order of its catalog."""
    made = (policies.mutants(connection), tables.mutants(connection), grants.mutants(connection))
    seen: Counter[str] = Counter()
    found = []
    for mutant in chain(*made, functions.mutants(connection, victim)):
        seen[mutant.name] += 1
        again = f" ({seen[mutant.name]})" if seen[mutant.name] > 1 else ""
        found.append(mutant._replace(change=mutant.change + again))
    return found


class Loop:
    """One run: which mutants, by how many processes, and what came of it."""

    def __init__(self, only: str, jobs: int, step: int, log: str, *, learn: bool = False) -> None:
        self.only, self.jobs, self.step, self.learn = only, jobs, step, learn
        self.found: list[tuple[Mutant, Verdict]] = []
        self.page: dict[str, Killer] = {}
        self.failed = ""
        (clone() / log).parent.mkdir(exist_ok=True)
        self.log = (clone() / log).open("w", buffering=1)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Builds the world, sees the suite pass without a mutant, and tries every mutant."""
        began = time.monotonic()
        if session.testsfailed or not session.items:
            self.failed = "no test was collected, or not all of them could be"
            return True
        served()
        world = forked(make_world)
        chosen = self._chosen(str(world.alice.id))
        if not chosen:
            self.failed = f"no mutant is called {self.only!r}"
            return True
        baseline = outcomes(session.items, world, "", 0, every=True)
        if wrong := [each for each in baseline if each.failed]:
            self.failed = f"without any mutant, this fails: {wrong[0].test}\n{wrong[0].why}"
            return True
        print(f"{len(session.items)} tests pass in {sum(each.seconds for each in baseline):.1f} s; {len(chosen)} mutants",
              file=sys.stderr)  # fmt: skip
        self._try(chosen, Trials(session.items, world, slow_modules(baseline), self.page))
        print(report.table(self.found), report.summary(self.found, time.monotonic() - began), sep="\n")
        return True

    def _chosen(self, victim: str) -> list[Mutant]:
        with psycopg.connect(at(os.environ[SERVER], WORLD)) as connection:
            known = every_mutant(connection, victim)
        self.page = {name: each for name, each in killers.read().items() if name in {mutant.name for mutant in known}}
        words = self.only.lower().split()
        return [mutant for mutant in known if all(word in mutant.name.lower() for word in words)][:: self.step]

    def _try(self, chosen: list[Mutant], trials: Trials) -> None:
        waiting, progress = deque(chosen), report.Progress(len(chosen))
        running: dict[Any, tuple[Mutant, int]] = {}
        free = list(range(self.jobs))
        while waiting or running:
            while waiting and free:
                mutant, slot = waiting.popleft(), free.pop()
                pipe, theirs = FORK.Pipe(duplex=False)
                FORK.Process(target=_send, args=(theirs, trials, mutant, slot), daemon=False).start()
                theirs.close()
                running[pipe] = (mutant, slot)
            for pipe in cast("list[Connection]", wait(list(running))):
                mutant, slot = running.pop(pipe)
                verdict, learned = _received(pipe)
                free.append(slot)
                trials.learn(mutant, verdict, learned)
                self.found.append((mutant, verdict))
                progress.add(verdict)
                self.log.write(report.line(mutant, verdict) + "\n")
                if self.learn:  # at once: a run that is stopped has not been for nothing
                    killers.write(self.page | killers.learned(self.found))


def _send(pipe: Connection, trials: Trials, mutant: Mutant, slot: int) -> None:
    pipe.send(trials.verdict(mutant, slot))
    pipe.close()
    os._exit(0)


def _received(pipe: Connection) -> tuple[Verdict, Learned]:
    try:
        return pipe.recv()  # type: ignore[no-any-return]
    except EOFError:
        return Verdict(SURVIVED, "its process died"), ({}, {})
