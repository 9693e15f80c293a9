"""`make history` says what a revision changed in access, from the catalog: nothing that widens goes by unsaid."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrations.__main__ import history
from migrations.access import conjuncts, facts
from migrations.run import roles
from migrations.words import changes
from tests.migrations.extra import configured, write
from tests.migrations.invented import ADDED, NARROWED, REMOVED, UNSAID, WIDENED
from tests.server import Database

INVENTED = [
    pytest.param(*case, id=f"{group}: {name}")
    for group, cases in {"adds": ADDED, "removes": REMOVED, "widens": WIDENED, "narrows": NARROWED, "changes": UNSAID}.items()
    for name, case in cases.items()
]


@pytest.mark.parametrize(("statements", "lines"), INVENTED)
def test_revision_cannot_go_by_unsaid(owner: psycopg.Connection[Any], statements: str, lines: list[str]) -> None:
    with owner.transaction(force_rollback=True):
        before = facts(owner)
        owner.execute(f"set local role app_owner; {statements}".encode())
        assert changes(before, facts(owner)) == lines


def test_what_was_done_is_undone_in_words(owner: psycopg.Connection[Any]) -> None:
    with owner.transaction(force_rollback=True):
        before = facts(owner)
        owner.execute("grant update (created_at) on app.notes to app_user")
        assert changes(facts(owner), before) == ["- notes: app_user loses update of created_at"]


@pytest.mark.parametrize(
    ("predicate", "asked"),
    [
        (None, set()),
        ("true", set()),
        ("(a = 1)", {"a = 1"}),
        ("((a = 1) AND (b = 2))", {"a = 1", "b = 2"}),
        ("((a = 1) AND ((b = 2) OR ((c = 3) AND (d = 4))))", {"a = 1", "(b = 2) OR ((c = 3) AND (d = 4))"}),
        ("(((a = 1) AND (b = 2)) AND (c = ') AND (it''s'::text))", {"a = 1", "b = 2", "c = ') AND (it''s'::text"}),
    ],
)
def test_predicate_is_taken_apart_at_its_conjunctions_alone(predicate: str | None, asked: set[str]) -> None:
    assert conjuncts(predicate) == asked


def test_history_goes_revision_by_revision(empty_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrations.__main__.config", lambda url: configured(url, tmp_path))
    write(tmp_path, 'op.execute("revoke insert on app.tasks from app_user")')
    write(tmp_path, 'op.execute("create table app.plain (id uuid)")', name="9002", after="9001")
    write(tmp_path, 'op.execute("alter table app.plain add title text")', name="9003", after="9002")
    roles(empty_database.owner)
    assert list(history(empty_database.owner, "9000")) == [
        "9001 9001.",
        "  - tasks: app_user loses insert",
        "9002 9002.",
        "  + plain: this table is new",
        "  + plain: row security is not enabled: no policy is asked",
        "  + plain: row security is not forced: its owner sees every row",
        "9003 9003.",
        "  nothing in access",
    ]
