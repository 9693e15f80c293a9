"""`make attack`: attacks a fresh database as app_api, in both modes, and exits 1 on a leak; PLANT=name plants a hole first.

MODE=bare|sealed chooses one mode, FAST=1 tries each attack on one table only, PLANT=all plants every hole, one at a time.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence

from tests.attack import channels, escalation, everything, identity, oracles, poison, reads, scopes, writes
from tests.attack.attempt import Attempt
from tests.attack.ground import Ground, copied, grounds
from tests.attack.known import KNOWN, admitted
from tests.attack.plants import PLANTS, Plant
from tests.attack.report import Tally, table
from tests.sealing import prepare_key
from tests.server import prepare, running

FAMILIES = (everything, reads, channels, writes, escalation, identity, scopes, oracles, poison)
MODES = ("bare", "sealed")


def chosen(fast: bool) -> list[Attempt]:
    """All attempts; or of each kind one, on a table that changes from kind to kind."""
    every = [attempt for family in FAMILIES for attempt in family.attempts()]
    if not fast:
        return every
    kinds: dict[tuple[str, str], list[Attempt]] = {}
    for attempt in every:
        kinds.setdefault((attempt.family, attempt.name), []).append(attempt)
    return [alike[number % len(alike)] for number, alike in enumerate(kinds.values())]


def attacked(ground: Ground, attempts: Sequence[Attempt], mode: str) -> Iterator[tuple[Attempt, str, bool]]:
    """Each attempt with what it leaked, and whether the documents admit that."""
    before = ground.truth()
    for attempt in attempts:
        leaked = attempt.run(ground)
        if attempt.family == writes.BLIND:
            ground.restore()
        if (after := ground.truth()) != before:
            leaked, before = leaked or "changes what is not the attacker's", after
        # A seal leaves no excuse: forging is admitted of databases without one.
        excused = attempt.known and not (mode == "sealed" and attempt.known == identity.FORGED)
        yield attempt, leaked, bool(leaked and excused and admitted(attempt.known))


def run(mode: str, fast: bool) -> bool:
    """One mode; answers whether nothing leaked that is not admitted."""
    start, tally = time.monotonic(), Tally()
    with grounds(f"attack_{mode}") as ground:
        for attempt, leaked, known in attacked(ground, chosen(fast), mode):
            tally.count(attempt, leaked, known)
        print(f"\n{mode}: {tally.total} attempts in {time.monotonic() - start:.0f} s\n{tally.table()}")
        print("\nKnown, documented:" if all(admitted(each.words) for each in KNOWN) else "\nKnown:")
        rows = [(each.name, "possible" if each.proof(ground) else "closed", _documented(each.words)) for each in KNOWN]
        print(table(("what", "proof", "documents"), rows))
    return not tally.leaks and all(admitted(each.words) for each in KNOWN)


def _documented(words: str) -> str:
    return f"say “{words}”" if admitted(words) else f"DO NOT say “{words}”"


def planted(mode: str, names: Sequence[str]) -> bool:
    """Every hole by itself; answers whether each was found."""
    rows = []
    with grounds(f"attack_{mode}") as ground:
        for name in names:
            if PLANTS[name].sealed_only and mode != "sealed":
                continue
            start = time.monotonic()
            with copied(ground, f"attack_{mode}_planted") as copy:
                by = finds(copy, PLANTS[name], mode)
            rows.append((name, by or "NOT FOUND", f"{time.monotonic() - start:.1f}"))
            print(f"{len(rows)} of {len(names)}: {name}", file=sys.stderr, flush=True)
    print(f"\n{mode}, planted:\n{table(('hole', 'found by', 'seconds'), rows)}")
    return all(by != "NOT FOUND" for _, by, _ in rows)


def finds(ground: Ground, plant: Plant, mode: str) -> str:
    """The first attempt that tells; those of the hole's own family, on its own table, are tried first."""
    ground.owner.execute(plant.sql.encode())
    try:
        ordered = sorted(chosen(fast=False), key=lambda each: (each.family != plant.family, plant.table not in each.where))
        for attempt, leaked, known in attacked(ground, [each for each in ordered if each.family != "poison"], mode):
            if leaked and not known:
                return f"{attempt.family}: {attempt.name}, {leaked}"[:90]
    finally:
        ground.owner.execute((plant.undo or "select").encode())
    return ""


def main() -> None:
    """Reads the environment, as make hands it over."""
    modes = [os.environ["MODE"]] if os.environ.get("MODE") else MODES
    plant = os.environ.get("PLANT", "")
    names = [*PLANTS] if plant == "all" else [plant] if plant else []
    unknown = [name for name in names if name not in PLANTS] or [mode for mode in modes if mode not in MODES]
    if unknown:
        sys.exit(f"There is no {unknown[0]!r}: MODE is bare or sealed, PLANT is all or one of {', '.join(PLANTS)}.")
    well = True
    with running() as url:
        for mode in modes:
            os.environ["SEALED"] = str(int(mode == "sealed"))
            prepare_key()
            prepare(url)
            well &= planted(mode, names) if names else run(mode, bool(os.environ.get("FAST")))
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
