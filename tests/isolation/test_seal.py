"""SQL in the API's session becomes nobody else by setting an identity, whatever stands in the seal beside it."""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from db.seal import Identity, Seal
from db.transaction import BEGIN, BIND
from tests.isolation import sealed as made
from tests.isolation.sealed import KEY, OTHER, REFUSED, SETTING, TRASH, USER, Claim, Sealed, put
from tests.isolation.session import outcome
from tests.people import World
from tests.sealing import seal
from tests.server import Database

NOTES = "select from app.notes"


@pytest.fixture(scope="module")
def sealed() -> Iterator[Sealed]:
    with made.made() as found:
        yield found


@pytest.mark.parametrize("key", [KEY, b"k" * 64, KEY * 3], ids=len)
@pytest.mark.parametrize("backend", [True, False])
def test_the_seal_of_the_api_is_the_one_described(sealed: Sealed, key: bytes, backend: bool) -> None:
    sealed.keys(OTHER, key)
    with sealed.bound(USER, SETTING, sealed.alice) as session:
        pid = session.info.backend_pid
        put(session, Seal(key, backend=backend)(Identity(USER, SETTING, sealed.alice), pid))
        assert outcome(session, NOTES) == 1
        put(session, Claim(sealed.alice, pid if backend else 0, key=key).seal)
        assert outcome(session, NOTES) == 1


OTHERS: dict[str, Callable[[Claim], Claim]] = {
    "another key": lambda claim: claim._replace(key=OTHER),
    "another person": lambda claim: claim._replace(value="00000000-0000-4000-8000-000000000000"),
    "another role": lambda claim: claim._replace(role=TRASH),
    "another scope": lambda claim: claim._replace(scope="read"),
    "another setting": lambda claim: claim._replace(setting="auth.email"),
    "43 s ago": lambda claim: claim._replace(later=-43),
    "43 s from now": lambda claim: claim._replace(later=43),
    "another backend": lambda claim: claim._replace(pid=claim.pid + 1),
    "parted elsewhere": lambda claim: claim._replace(setting=f"{SETTING}|{claim.value}", value=""),
}
EDITS: dict[str, Callable[[str], str | None]] = {
    "none": lambda _: "",
    "words": lambda _: "please",
    "no end": lambda right: right[:-1],
    "another letter": lambda right: ("A" if right[0] != "A" else "B") + right[1:],
    "a tail": lambda right: f"{right}=",
    "a line": lambda right: f"{right}\n",
    "capitals": lambda right: right.upper(),
    "a million letters": lambda right: right + "a" * 1_000_000,
}


def without_and_with_a_key(sealed: Sealed, session: psycopg.Connection[Any]) -> tuple[str | int, str | int]:
    sealed.keys()
    bare = outcome(session, NOTES)
    sealed.keys(KEY)
    return bare, outcome(session, NOTES)


@pytest.mark.parametrize(
    ("change", "looks"),
    [({}, 1), ({"pid": 0}, 1), ({"later": 20}, 2), ({"pid": 0, "later": -20}, 2), ({"key": OTHER}, 2)],
    ids=["as ever", "behind a pooler", "a step later", "a step before, behind a pooler", "another key"],
)
def test_what_is_nearly_always_so_is_found_at_first_sight(sealed: Sealed, change: dict[str, Any], looks: int) -> None:
    """The keys are looked at once, or else once more for all that may be besides."""
    sealed.keys(KEY, OTHER)
    keys = sealed.owner.execute("select 'seal.keys'::regclass::oid").fetchall()[0][0]
    with sealed.owner.transaction(force_rollback=True):
        sealed.owner.execute("set local session authorization app_api")
        sealed.owner.execute("select set_config('role', 'app_user', true), set_config(%s, %s, true)", [SETTING, sealed.alice])
        began = sealed.owner.execute("select extract(epoch from now())::bigint").fetchall()[0][0]
        claim = Claim(sealed.alice, sealed.owner.info.backend_pid)._replace(**change)
        # A step may end between the two.
        put(sealed.owner, claim._replace(later=claim.later + began - round(time.time())).seal)
        count = f"select pg_stat_get_xact_numscans({keys})"
        before = sealed.owner.execute(count.encode()).fetchall()[0][0]
        assert outcome(sealed.owner, "select app.current_user_id()") == 1
        assert sealed.owner.execute(count.encode()).fetchall()[0][0] - before == looks


@pytest.mark.parametrize("later", [-18, -9, 9, 18])
@pytest.mark.parametrize("any_backend", [False, True])
def test_clocks_may_differ_by_a_step(sealed: Sealed, later: int, any_backend: bool) -> None:
    sealed.keys(OTHER, KEY)
    with sealed.bound(USER, SETTING, sealed.alice) as session:
        pid = 0 if any_backend else session.info.backend_pid
        put(session, Claim(sealed.alice, pid, later=later).seal)
        assert outcome(session, NOTES) == 1


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_a_seal_for_something_else_shows_no_row(sealed: Sealed, other: Callable[[Claim], Claim]) -> None:
    with sealed.bound(USER, SETTING, sealed.alice) as session:
        put(session, other(Claim(sealed.alice, session.info.backend_pid)).seal)
        assert without_and_with_a_key(sealed, session) == (1, REFUSED)


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_seal_that_was_changed_shows_no_row(sealed: Sealed, edit: Callable[[str], str]) -> None:
    with sealed.bound(USER, SETTING, sealed.alice) as session:
        put(session, edit(Claim(sealed.alice, session.info.backend_pid).seal))
        assert without_and_with_a_key(sealed, session) == (1, REFUSED)


def test_a_seal_that_was_never_set_shows_no_row(sealed: Sealed) -> None:
    """Unset is null, and a comparison with null is neither true nor false."""
    with psycopg.connect(sealed.database.api, autocommit=True) as session:
        session.execute("begin")
        session.execute("select set_config('role', 'app_user', true), set_config(%s, %s, true)", [SETTING, sealed.alice])
        assert session.execute("select current_setting('app.current_user_seal', true)").fetchone() == (None,)
        assert without_and_with_a_key(sealed, session) == (1, REFUSED)


@pytest.mark.parametrize(
    "spelled", [str.upper, "{{{}}}".format, lambda id: id.replace("-", "")], ids=["upper", "braces", "bare"]
)
def test_another_spelling_of_an_identity_is_not_the_one_that_was_sealed(sealed: Sealed, spelled: Callable[[str], str]) -> None:
    with sealed.bound(USER, SETTING, spelled(sealed.alice)) as session:
        put(session, Claim(sealed.alice, session.info.backend_pid).seal)
        assert without_and_with_a_key(sealed, session) == (1, REFUSED)


def test_a_sealed_person_becomes_nobody_else_and_changes_no_role(sealed: Sealed) -> None:
    sealed.keys(KEY)
    mallory = str(sealed.world.mallory.id)
    with sealed.bound(USER, SETTING, mallory) as session:
        put(session, Claim(mallory, session.info.backend_pid).seal)
        become = f"select set_config('app.current_user_id', '{sealed.alice}', true)"
        assert outcome(session, NOTES) == 0
        assert outcome(session, f"{become}; {NOTES}") == REFUSED
        assert outcome(session, f"set local role {TRASH}; select id from app.notes") == REFUSED
        assert outcome(session, f"insert into app.notes (title) select {become[7:]}") in {REFUSED, "42501"}
        assert outcome(session, f"select set_config('app.current_user_id', '', true); {NOTES}") == 0


def test_a_scope_is_neither_dropped_nor_changed_nor_made_of_the_text_beside_it(sealed: Sealed) -> None:
    sealed.keys(KEY)
    with sealed.bound(USER, SETTING, sealed.alice) as session:
        put(session, Claim(sealed.alice, session.info.backend_pid, scope="read").seal)
        for scope, expected in (("read", 1), ("", REFUSED), ("rea", REFUSED), ("read|", REFUSED)):
            assert outcome(session, f"select set_config('app.current_scope', '{scope}', true); {NOTES}") == expected
        # Cut elsewhere, the same letters are another message.
        put(session, Claim(f"4|read|{sealed.alice}", session.info.backend_pid).seal)
        assert outcome(session, f"select set_config('app.current_scope', 'read', true); {NOTES}") == REFUSED


def test_no_identity_is_nobody_whatever_the_seal(sealed: Sealed) -> None:
    sealed.keys(KEY)
    with sealed.bound(USER, SETTING, "") as session:
        for text in ("", "please", Claim("", session.info.backend_pid).seal):
            put(session, text)
            assert outcome(session, NOTES) == 0


async def test_this_run_has_the_mode_that_was_asked_for(
    owner: psycopg.Connection[Any], world: World, database: Database
) -> None:
    wanted = os.environ.get("SEALED", "1") != "0"
    assert (seal() is not None) is wanted
    assert owner.execute("select from seal.keys").rowcount == int(wanted)
    with psycopg.connect(database.api, autocommit=True) as session:
        session.execute(BEGIN)
        session.execute(BIND, (USER, SETTING, str(world.alice.id), "", ""))
        found = outcome(session, NOTES)
        assert found == REFUSED if wanted else found != 0
