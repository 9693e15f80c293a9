"""Ratios of two sides that take turns, so that a machine that slows down slows both."""

from collections.abc import Callable, Sequence
from statistics import median, quantiles
from typing import NamedTuple, TypeVar

One = TypeVar("One")
Other = TypeVar("Other")


class Spread(NamedTuple):
    """The median of some figures and the quartiles around it."""

    low: float
    middle: float
    high: float


def spread(figures: list[float]) -> Spread:
    """The three quartiles."""
    low, _, high = quantiles(figures, n=4, method="inclusive")
    return Spread(low, median(figures), high)


def alternate(times: int, one: Callable[[int], One], other: Callable[[int], Other], warm: int = 1) -> list[tuple[One, Other]]:
    """Both sides `times` times, each turn begun by the side that ended the turn before; the number names the turn.

    The first `warm` turns come once more before that and are not counted.
    """
    found: list[tuple[One, Other]] = []
    for turn in [*range(warm), *range(times)]:
        if len(found) % 2:
            second, first = other(turn), one(turn)
        else:
            first, second = one(turn), other(turn)
        found.append((first, second))
    return found[warm:]


def rotated(turns: int, sides: Sequence[Callable[[int], float]], warm: int = 1) -> list[list[float]]:
    """Figures of more than two sides, by side; each turn begins with another one. The first `warm` turns are not counted."""
    found: list[list[float]] = [[] for _ in sides]
    for turn in [*range(warm), *range(turns)]:
        for step in range(len(sides)):
            place = (turn + step) % len(sides)
            found[place].append(sides[place](turn))
    return [figures[warm:] for figures in found]
