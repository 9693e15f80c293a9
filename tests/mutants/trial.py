"""Tries one mutant: until a test notices it, or notices it once another layer is gone, or none does."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from statistics import median

import pytest

from db.models import metadata
from tests.mutants.forked import Outcome, outcomes
from tests.mutants.mutant import CONTAINED, KILLED, STILLBORN, SURVIVED, Killer, Layer, Mutant, Verdict
from tests.people import World

# How many tests are tried first, before a layer is taken away.
LIKELIEST = 8
# How many rings of tests are tried once a layer is gone; what the far ones would show takes minutes, and a test worth having
# is near.
NEAR = 2
# How many times the usual test a slow one takes.
SLOW = 80


def words(text: str) -> set[str]:
    """The words in a name, without a plural's s: `app.tasks_live_projects()` is about a task and a project."""
    return {word.rstrip("s") for word in re.findall(r"[a-z]+", text)}


# By layer: tests that fail as soon as it is gone. By SQL and test: what the test says by itself after it.
Learned = tuple[dict[str, set[str]], dict[tuple[str, str], Outcome]]
TABLES = words(" ".join(table.name for table in metadata.tables.values()))


@dataclass
class Trials:
    """What all trials share; each forked process has the state of when it was forked."""

    items: Sequence[pytest.Item]
    world: World
    slow: set[str] = field(default_factory=set)  # files of tests
    killers: Mapping[str, Killer] = field(default_factory=dict)  # by mutant, from a run before
    kills: Counter[tuple[str, str]] = field(default_factory=Counter)  # by kind of test or layer, and kind of mutant
    noisy: dict[str, set[str]] = field(default_factory=dict)
    alone: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    work: tuple[int, int] = (0, 0)  # clones made and tests run

    def verdict(self, mutant: Mutant, slot: int) -> tuple[Verdict, Learned]:
        """The verdict, and what was learned about layers on the way."""
        began = time.monotonic()
        try:
            fate, by, layer, seen = self._fate(mutant, slot)
        except ValueError as error:
            fate, by, layer, seen = SURVIVED, str(error), "", ""
        return Verdict(fate, by, layer, seen, time.monotonic() - began, *self.work), (self.noisy, self.alone)

    def _fate(self, mutant: Mutant, slot: int) -> tuple[str, str, str, str]:
        for ring, layers in chain(self._remembered(mutant), self._searched(mutant)):
            last = self._first_failure(ring, mutant.sql, slot)
            if last.sqlstate.startswith("23"):
                return STILLBORN, f"the rows that are there refuse it: {last.sqlstate}", "", ""
            if last.sqlstate:
                raise ValueError(f"Postgres does not take it: {last.sqlstate}")
            if last.failed:
                return KILLED, last.test, "", min(last.differs, default="")
            for layer in layers:
                if layer.sql and (found := self._behind(layer, mutant, ring, slot)):
                    return CONTAINED, found.test, layer.name, min(found.differs, default="")
        return SURVIVED, "", "", ""

    def _remembered(self, mutant: Mutant) -> Iterator[tuple[list[pytest.Item], list[Layer]]]:
        """The test that noticed it before, and the layer that had to go."""
        test, gone = self.killers.get(mutant.name, Killer(""))
        if items := [item for item in self.items if item.nodeid == test]:
            yield items, [layer for layer in mutant.layers if layer.name == gone]

    def _searched(self, mutant: Mutant) -> Iterator[tuple[list[pytest.Item], list[Layer]]]:
        """Every test, in rings, and every layer for those that are near."""
        for place, ring in enumerate(self._rings(mutant)):
            if ring:
                yield ring, self._layers(mutant) if place < NEAR else []

    def _first_failure(self, ring: list[pytest.Item], sql: str, slot: int) -> Outcome:
        """The first test that fails, or the last that passes. What ran before a test may have changed the world, so it has to
        fail on the mutant by itself, and to pass without it.
        """
        while True:
            found = self._outcomes(ring, sql, slot)
            killer, last = ring[len(found) - 1], found[-1]
            if not last.failed or last.sqlstate:
                return last
            fails = len(found) == 1 or self._outcomes([killer], sql, slot)[-1].failed
            if fails and not self._alone("", killer, slot).failed:
                return last
            if len(ring) == 1:
                return last._replace(failed=False)
            ring = [item for item in ring if item is not killer]

    def _behind(self, layer: Layer, mutant: Mutant, ring: list[pytest.Item], slot: int) -> Outcome | None:
        """A test that passes without the layer and fails without it on the mutant: the layer alone held it. A test that looks
        at many things may fail without the layer; it has to see something more on the mutant.
        """
        both, noisy = f"{layer.sql}; {mutant.sql}", self.noisy.setdefault(layer.sql, set())
        quiet = [item for item in ring if item.nodeid not in noisy]
        while quiet:
            found = self._outcomes(quiet, both, slot)
            last, killer = found[-1], quiet[len(found) - 1]
            if not last.failed:
                return None
            without = self._alone(layer.sql, killer, slot)
            if without.sqlstate:
                raise ValueError(f"Postgres does not take away {layer.name}: {without.sqlstate}")
            if len(found) > 1:
                # By itself, and on a fresh clone: what ran before it may have changed the world.
                (last,) = self._outcomes([killer], both, slot)
            more = last.differs - without.differs
            if last.failed and (more or not without.failed):
                return last._replace(differs=more)
            if not without.differs:
                every = self._outcomes(quiet, layer.sql, slot, every=True)
                noisy |= {killer.nodeid, *(each.test for each in every if each.failed and not each.differs)}
            quiet = [item for item in quiet[len(found) :] if item.nodeid not in noisy]
        return None

    def _alone(self, sql: str, test: pytest.Item, slot: int) -> Outcome:
        """What a test says by itself after some SQL; it is asked once for each."""
        if (sql, test.nodeid) not in self.alone:
            (self.alone[sql, test.nodeid],) = self._outcomes([test], sql, slot)
        return self.alone[sql, test.nodeid]

    def _outcomes(self, items: list[pytest.Item], sql: str, slot: int, *, every: bool = False) -> list[Outcome]:
        found = outcomes(items, self.world, sql, slot, every=every)
        self.work = (self.work[0] + 1, self.work[1] + len(found))
        return found

    def learn(self, mutant: Mutant, verdict: Verdict, learned: Learned) -> None:
        """What killed a mutant is tried first on its like, on other tables too."""
        noisy, alone = learned
        for layer, tests in noisy.items():
            self.noisy.setdefault(layer, set()).update(tests)
        self.alone |= alone
        if verdict.by:
            by, layer = alike(verdict.by, mutant), verdict.layer.replace(mutant.subject, "")
            self.kills.update((what, kind) for what in (by, layer) for kind in kinds(mutant))

    def _layers(self, mutant: Mutant) -> list[Layer]:
        return sorted(mutant.layers, key=lambda layer: self._known(layer.name.replace(mutant.subject, ""), mutant))

    def _known(self, what: str, mutant: Mutant) -> tuple[int, ...]:
        """How often it did for mutants more and more unlike this one; the more, the sooner."""
        return tuple(-self.kills[what, kind] for kind in kinds(mutant))

    def _rings(self, mutant: Mutant) -> list[list[pytest.Item]]:
        """The likeliest, the rest that names the table, tests that name none, tests of other tables and slow ones."""
        about, mine = words(f"{mutant.name} {mutant.hints}"), TABLES & words(mutant.subject)

        def likely(item: pytest.Item) -> tuple[int, ...]:
            *near, far = self._known(alike(item.nodeid, mutant), mutant)
            return *near, not broad(item, mine), -len(about & words(item.nodeid)), far

        rings: list[list[pytest.Item]] = [[], [], [], []]
        for item in sorted(self.items, key=likely):
            named = TABLES & words(item.nodeid)
            if (named and not named & mine) or module(item.nodeid) in self.slow:
                rings[3].append(item)
            elif len(rings[0]) < LIKELIEST or broad(item, mine):
                rings[0].append(item)
            else:
                rings[1 if named else 2].append(item)
        return rings


def broad(item: pytest.Item, mine: set[str]) -> bool:
    """Whether a test looks at all that there is to see of these tables, or at what calls do to any."""
    return item.get_closest_marker("broad") is not None and bool(mine & words(item.nodeid) or not TABLES & words(item.nodeid))


def module(test: str) -> str:
    """The file of a test."""
    return test.partition("::")[0]


def slow_modules(baseline: Sequence[Outcome]) -> set[str]:
    """Files with a test that takes much longer than most do, or whose fixtures do; the first test makes what all share."""
    usual = median(each.seconds for each in baseline)
    return {module(each.test) for each in baseline[1:] if each.seconds > SLOW * usual}


def kinds(mutant: Mutant) -> list[str]:
    """What a mutant has in common with others, the nearest first: part and change, change, part, nothing."""
    change = mutant.change.partition(" (")[0]
    kind, more, _ = change.partition(": ")
    change = f"{kind}: less" if more else change
    return [f"{mutant.part}: {change}", change, mutant.part, ""]


def alike(test: str, mutant: Mutant) -> str:
    """The test's id without the mutant's table: what it has in common with the same test of another table."""
    return re.sub(rf"\b{mutant.subject.partition('.')[2]}\b", "…", test) if "(" not in mutant.subject else test
