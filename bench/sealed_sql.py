"""What the seal adds to the server's CPU for a statement: the same policies with sealed identities and with bare settings."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from bench.pairs import Spread, rotated, spread
from bench.sql import PEOPLE, Side, arguments, sees
from bench.statements import CASES, Case
from db.seal import Seal, decoded

MEASURED = [case for case in CASES if case.operation != "count"]


class Statement(NamedTuple):
    """One statement: microseconds of the server's CPU, those that the seal adds, and the ratio."""

    case: Case
    plain: float
    sealed: float
    added: Spread
    ratio: Spread


def statements(sealed: Mapping[str, str], bare: Mapping[str, str], turns: int, say: Callable[[str], None]) -> list[Statement]:
    """Each statement alone, many in the transaction of one person, which is not counted and rolled back."""
    by_hand = Side(sealed["OWNER_DATABASE_URL"], role="bench_by_hand")
    who = [sees(by_hand, number) for number in range(PEOPLE)]
    sides = Side(bare["DATABASE_URL"]), Side(sealed["DATABASE_URL"], Seal(decoded(sealed["SEAL_KEY"])))
    found = []
    for case in MEASURED:

        def cost(side: Side, turn: int, case: Case = case) -> float:
            return side.together(case.under_policies, arguments(case, who[turn % PEOPLE])).server

        found.append(_statement(case, *rotated(turns, [partial(cost, side) for side in sides], warm=PEOPLE)))
        say(f"{case.table} {case.operation}: {found[-1].added.middle:+.1f} us")
    for side in (*sides, by_hand):
        side.connection.close()
    return found


def _statement(case: Case, plain: list[float], sealed: list[float]) -> Statement:
    pairs = list(zip(plain, sealed, strict=True))
    return Statement(
        case,
        spread(plain).middle,
        spread(sealed).middle,
        spread([after - before for before, after in pairs]),
        spread([after / before for before, after in pairs]),
    )
