"""A seal as APIs of the release before make it is good as it ever was, and what comes near one is refused."""

from collections.abc import Callable, Iterator

import pytest

from tests.isolation import sealed as made
from tests.isolation.sealed import KEY, OTHER, REFUSED, SETTING, USER, Claim, Sealed, put
from tests.isolation.session import outcome
from tests.isolation.test_seal import NOTES, OTHERS, without_and_with_a_key


@pytest.fixture(scope="module")
def sealed() -> Iterator[Sealed]:
    with made.made() as found:
        yield found


GOOD: dict[str, Callable[[Claim], Claim]] = {
    "now": lambda claim: claim,
    "28 s ago": lambda claim: claim._replace(later=-28),
    "28 s from now": lambda claim: claim._replace(later=28),
    "any backend": lambda claim: claim._replace(pid=0),
}


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD)
def test_it_is_good_with_either_key(sealed: Sealed, good: Callable[[Claim], Claim]) -> None:
    with sealed.bound(USER, SETTING, sealed.alice) as session:
        for key in (KEY, OTHER):
            sealed.keys(KEY, OTHER)
            put(session, good(Claim(sealed.alice, session.info.backend_pid, key=key)).earlier)
            assert outcome(session, NOTES) == 1


def test_it_is_good_for_its_scope_and_no_other(sealed: Sealed) -> None:
    sealed.keys(KEY)
    with sealed.bound(USER, SETTING, sealed.alice) as session:
        put(session, Claim(sealed.alice, session.info.backend_pid, scope="read").earlier)
        for scope, expected in (("read", 1), ("", REFUSED), ("rea", REFUSED), ("read|", REFUSED)):
            assert outcome(session, f"select set_config('app.current_scope', '{scope}', true); {NOTES}") == expected


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_one_for_something_else_shows_no_row(sealed: Sealed, other: Callable[[Claim], Claim]) -> None:
    with sealed.bound(USER, SETTING, sealed.alice) as session:
        put(session, other(Claim(sealed.alice, session.info.backend_pid)).earlier)
        assert without_and_with_a_key(sealed, session) == (1, REFUSED)


EDITS: dict[str, Callable[[str], str]] = {
    "no code": lambda right: right[:-64],
    "another second": lambda right: f"{int(right[:10]) + 1}{right[10:]}",
    "a time that is no number": lambda right: f"{right[:9]}x{right[10:]}",
    "a time of many digits": lambda right: "9" * 400 + right[10:],
    "any backend": lambda right: ".0.".join([right.split(".")[0], right.split(".")[2]]),
    "dots": lambda _: "...",
    "a line before": lambda right: f"x\n{right}",
    "a line behind": lambda right: f"{right}\nx",
    "capitals": str.upper,
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_one_that_was_changed_shows_no_row(sealed: Sealed, edit: Callable[[str], str]) -> None:
    with sealed.bound(USER, SETTING, sealed.alice) as session:
        put(session, edit(Claim(sealed.alice, session.info.backend_pid).earlier))
        assert without_and_with_a_key(sealed, session) == (1, REFUSED)
