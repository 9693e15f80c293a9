"""`make lint` refuses a revision that locks, rewrites or breaks old code, unless the revision itself says why it may."""

from pathlib import Path

import pytest

from db.refusal import Refusal
from migrations import head, lint
from migrations.__main__ import judge
from migrations.run import roles
from migrations.steps import steps
from tests.migrations.catalog import at
from tests.migrations.extra import configured, write
from tests.server import Database

# What a revision does, and every rule that refuses it.
REFUSED = {
    "an index that blocks writes": ("create index on app.notes (title)", "require-concurrent-index-creation"),
    "a column that old code does not fill": ("alter table app.notes add tag text not null", "adding-required-field"),
    "a default that rewrites": ("alter table app.notes add n float default random()", "adding-field-with-default"),
    "a not null that scans": ("alter table app.tasks alter due_on set not null", "adding-not-nullable-field"),
    "a type that rewrites": ("alter table app.notes alter version type bigint", "changing-column-type"),
    "a check that scans": (
        "alter table app.notes add constraint long check (char_length(title) > 0)",
        "constraint-missing-not-valid",
    ),
    "a foreign key that scans": (
        """set row_security = on; alter table app.notes no force row level security;
            alter table app.notes add foreign key (created_by) references app.users""",
        "adding-foreign-key-constraint constraint-missing-not-valid",
    ),
    "a unique constraint that builds its index": (
        "alter table app.notes add unique (owner_id, title)",
        "constraint-missing-not-valid disallowed-unique-constraint",
    ),
    "a column that old code reads": ("alter table app.notes drop column title cascade", "ban-drop-column"),
    "a name that old code uses": ("alter table app.notes rename title to heading", "renaming-column"),
    "a table's name that old code uses": ("alter table app.notes rename to papers", "renaming-table"),
    "a table that old code reads": ("drop table app.comments", "ban-drop-table"),
    "rows of other tables": ("truncate app.users cascade", "ban-truncate-cascade"),
    "a time without a zone": ("alter table app.notes add at timestamp", "prefer-timestamp-tz"),
    "a sequence that tells how many there are": ("alter table app.notes add n bigserial", "prefer-identity"),
}
QUIET = {
    "a newborn table and its indexes": """
        create table app.labels (id uuid primary key, owner_id uuid not null references app.users, name text not null);
        create index on app.labels (owner_id);
        alter table app.labels enable row level security, force row level security""",
    "a column that may be null": "alter table app.notes add colour text",
    "a column with a constant": "alter table app.notes add colour text not null default 'red'",
    "a check of rows to come": "alter table app.notes add constraint long check (char_length(title) > 0) not valid",
    "another policy": """
        drop policy select_owner on app.notes;
        create policy select_owner on app.notes for select to app_user using (owner_id = (select app.current_user_id()))""",
}


def found(database: Database, folder: Path, sql: str, serves: str | None = None, **argued: str) -> list[str]:
    """What is found in a revision that does this."""
    reasons = {rule.replace("_", "-"): reason for rule, reason in argued.items()}
    write(folder, f'op.get_bind().exec_driver_sql("""{sql}""")', serves=serves, argued=reasons)
    (last,) = steps(configured(database.owner, folder), head())
    assert last.script.revision == "9001"
    return list(lint.findings(last))


@pytest.mark.parametrize(("sql", "rules"), REFUSED.values(), ids=REFUSED)
def test_revision_cannot_bring(own_database: Database, tmp_path: Path, sql: str, rules: str) -> None:
    assert sorted(finding.split(": ")[1] for finding in found(own_database, tmp_path, sql)) == rules.split()


@pytest.mark.parametrize("sql", QUIET.values(), ids=QUIET)
def test_revision_may_bring(own_database: Database, tmp_path: Path, sql: str) -> None:
    assert found(own_database, tmp_path, sql) == []


def test_index_outside_a_transaction_cannot_be_one_that_fails_the_second_time(own_database: Database, tmp_path: Path) -> None:
    block = "with op.get_context().autocommit_block():\n    op.execute('create index concurrently {} on app.notes (title)')"
    write(tmp_path, block.format("one"))
    write(tmp_path, block.format("if not exists two"), name="9002", after="9001")
    one, two = steps(configured(own_database.owner, tmp_path), head())
    assert [finding.split(": ")[1] for finding in lint.findings(one)] == ["prefer-robust-stmts"]
    assert list(lint.findings(two)) == []


def test_finding_stays_only_with_a_reason(own_database: Database, tmp_path: Path) -> None:
    index = REFUSED["an index that blocks writes"][0]
    reason = "notes is small: 2 ms on a copy of production"
    assert found(own_database, tmp_path, index, require_concurrent_index_creation=reason) == []
    assert found(own_database, tmp_path, index, require_concurrent_index_creation="") != []
    (stale,) = found(own_database, tmp_path, "select 1", require_concurrent_index_creation=reason)
    assert (
        stale
        == "9001_test.py: `argued` gives a reason for require-concurrent-index-creation, which it does not find: take it out"
    )


def test_column_cannot_go_while_old_code_is_served(own_database: Database, tmp_path: Path) -> None:
    drop = REFUSED["a column that old code reads"][0]
    reason = "no code since 9000 names it"
    assert found(own_database, tmp_path, drop, ban_drop_column=reason) == [
        "9001_test.py: ban-drop-column takes something from old code: set `serves` to the oldest revision that does without"
    ]


def test_column_may_go_when_old_code_is_not_served(own_database: Database, tmp_path: Path) -> None:
    drop = REFUSED["a column that old code reads"][0]
    assert found(own_database, tmp_path, drop, serves="9001", ban_drop_column="no code since 9000 names it") == []


def test_command_says_all_that_was_found(own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migrations.__main__.config", lambda url: configured(url, tmp_path))
    write(tmp_path, "op.execute('drop table app.comments')")
    with pytest.raises(
        Refusal, match=r"(?s)9001_test.py: ban-drop-table: .*\n    drop table app.comments;\nSee docs/migrations.md"
    ):
        judge(own_database.owner)


def test_every_revision_of_the_project_passes(empty_database: Database) -> None:
    roles(empty_database.owner)
    judge(empty_database.owner)
    assert at(empty_database.owner) == head()
