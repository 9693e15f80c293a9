"""`make attack` attacks every table in a hundred ways and more, finds what is planted, and excuses only what is said."""

import os
from collections.abc import Iterator

import pytest

from tests.attack.__main__ import chosen, finds
from tests.attack.ground import Ground, copied, grounds
from tests.attack.known import KNOWN, Known, admitted
from tests.attack.plants import PLANTS
from tests.samples import ISOLATED
from tests.sealing import seal_key

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
# One of each kind of judge: a text that is shown, two answers that differ, an outcome, a changed truth.
FEW = ["definer function", "foreign-key oracle", "history forged", "viewers write", "scope: private rows"]


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with grounds(f"attack_{WORKER}") as made:
        yield made


def test_attacks_are_a_hundred_and_leave_out_no_table() -> None:
    every = chosen(fast=False)
    assert len({(attempt.family, attempt.name) for attempt in every}) >= 100
    assert {attempt.where.split(" ")[0] for attempt in every} >= {*ISOLATED}
    assert len(PLANTS) >= 20


@pytest.mark.parametrize("name", FEW)
def test_planted_hole_cannot_hide(ground: Ground, name: str) -> None:
    with copied(ground, f"attack_planted_{WORKER}") as copy:
        assert finds(copy, PLANTS[name], "sealed" if seal_key() else "bare")


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known.name)
def test_what_stays_possible_cannot_go_unsaid(known: Known) -> None:
    assert admitted(known.words)
