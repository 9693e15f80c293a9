"""What isolation stands on is recorded by each revision in its transaction; nothing that was done by hand is accepted."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command

from db.embedded import Cluster
from db.refusal import Refusal
from migrations import upgrade
from migrations.run import downgrade, head, roles
from tests.migrations.catalog import do, value
from tests.migrations.extra import apply, configured, write
from tests.server import Database

DIFFERENCES = "select differences from audit.state()"
GRANT = "grant update (owner_id) on app.notes to app_user"


def differences(url: str) -> object:
    return value(url, DIFFERENCES)


def changed(url: str, column: str, by: str) -> list[str]:
    with psycopg.connect(url) as connection:
        query = f"select line from audit.expected where {column} = %s"
        return [line for (line,) in connection.execute(query.encode(), [by])]


def test_migrated_database_differs_in_nothing(own_database: Database) -> None:
    assert differences(own_database.owner) == []
    lines: Any = value(own_database.owner, "select array_agg(line) from audit.expected where until is null")
    assert len(lines) == len(set(lines)) > 400
    assert value(own_database.owner, "select count(*) from audit.facts()") == len(lines)


def test_revision_records_what_it_changed_and_when(own_database: Database, tmp_path: Path) -> None:
    url = own_database.owner
    write(tmp_path, f'op.execute("{GRANT}")', 'op.execute("revoke update (owner_id) on app.notes from app_user")')
    command.upgrade(configured(url, tmp_path), "head")
    assert differences(url) == []
    assert changed(url, "since", "9001") == [GRANT]
    ended = changed(url, "until", head())
    command.downgrade(configured(url, tmp_path), "-1")
    assert differences(url) == []
    assert sorted(changed(url, "until", head())) == sorted([*ended, GRANT])


def test_failing_revision_records_nothing(own_database: Database, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        apply(own_database.owner, tmp_path, f'op.execute("{GRANT}")\nraise RuntimeError("halfway")')
    assert changed(own_database.owner, "since", "9001") == []
    assert differences(own_database.owner) == []


def test_revision_does_not_accept_what_was_done_by_hand(own_database: Database, tmp_path: Path) -> None:
    url = own_database.owner
    do(url, GRANT, "drop policy update_bin on app.notes")
    apply(url, tmp_path, 'op.execute("grant delete on app.notes to app_user")')
    found: Any = differences(url)
    assert found[0].startswith("gone: policy update_bin on app.notes as permissive for update to app_trash")
    assert found[1:] == [f"new: {GRANT}"]
    assert changed(url, "since", "9001") == ["grant delete on app.notes to app_user"]


def test_revision_mends_what_was_done_by_hand(own_database: Database, tmp_path: Path) -> None:
    do(own_database.owner, GRANT)
    apply(own_database.owner, tmp_path, 'op.execute("revoke update (owner_id) on app.notes from app_user")')
    assert differences(own_database.owner) == []


def test_revision_cannot_change_how_differences_are_found_while_there_are_some(own_database: Database, tmp_path: Path) -> None:
    url = own_database.owner
    write(tmp_path, 'op.execute("alter function audit.facts_of_grants() cost 1000 volatile")')
    do(url, GRANT)
    with pytest.raises(Refusal, match="mend or record those first"):
        command.upgrade(configured(url, tmp_path), "head")
    assert differences(url) == [f"new: {GRANT}"]
    do(url, "revoke update (owner_id) on app.notes from app_user")
    command.upgrade(configured(url, tmp_path), "head")
    assert differences(url) == []


def test_state_does_not_wait_for_a_table_that_a_migration_holds(own_database: Database) -> None:
    """Its predicates are looked at when it is free again; nobody reads it meanwhile."""
    url = own_database.owner
    do(url, "alter policy select_owner on app.notes using (true)")
    with psycopg.connect(url) as migration:
        migration.execute("lock table app.notes in access exclusive mode")
        assert value(url, "select fingerprint from audit.state()") is None
        assert differences(url) == []
        do(url, "grant delete on app.comments to app_user")
        assert differences(url) == ["new: grant delete on app.comments to app_user"]
        do(url, "alter policy select_member on app.tasks rename to other")
        named = [line.partition(" as ")[0] for line in differences(url)]  # type: ignore[attr-defined]
        assert named == [
            "gone: policy select_member on app.tasks",
            "new: grant delete on app.comments to app_user",
            "new: policy other on app.tasks",
        ]
    assert any("policy select_owner on app.notes" in line for line in differences(url))  # type: ignore[attr-defined]


def test_owner_accepts_by_hand_and_says_why(own_database: Database) -> None:
    do(own_database.owner, GRANT, "set role app_owner", "select audit.record('ticket 12')")
    assert differences(own_database.owner) == []
    assert changed(own_database.owner, "since", "ticket 12") == [GRANT]


@pytest.mark.parametrize("role", ["app_api", "app_user", "app_auth", "app_auditor"])
def test_nobody_but_the_owner_accepts(own_database: Database, role: str) -> None:
    do(own_database.owner, GRANT)
    for statement in ("select audit.record('mine')", "delete from audit.expected"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            do(own_database.owner, f"set role {role}", statement)
    assert differences(own_database.owner) == [f"new: {GRANT}"]


def test_roles_record_what_they_mend_and_accept_nothing(cluster: Cluster) -> None:
    url = cluster.url(database="test")
    upgrade(url)
    do(url, "grant temporary on database test to public", "alter role app_api createrole", GRANT)
    assert len(differences(url)) == 4  # type: ignore[arg-type]
    roles(url)
    assert differences(url) == [f"new: {GRANT}"]


def test_schema_that_cannot_say_yet_is_recorded_when_it_can(own_database: Database) -> None:
    url = own_database.owner
    downgrade(url, "0001")
    assert value(url, "select count(*) from audit.expected where until is null") == 0
    upgrade(url)
    assert differences(url) == []


def test_schema_that_recorded_nothing_is_no_good_one(own_database: Database) -> None:
    do(own_database.owner, "delete from audit.expected")
    assert differences(own_database.owner) == ["nothing was recorded to compare with"]


def test_text_is_the_same_on_the_newest_version(own_database: Database, tmp_path: Path) -> None:
    """Only where the run is on another version than the embedded one, which is compared with it."""
    if value(own_database.owner, "select current_setting('server_version_num')::int") >= 180000:  # type: ignore[operator]
        pytest.skip("this is the newest version")
    with Cluster(tmp_path, durable=False) as newest:
        newest.create_database("test")
        upgrade(newest.url(database="test"))
        lines = 'select array(select line from audit.facts() line order by line collate "C")'
        assert value(own_database.owner, lines) == value(newest.url(database="test"), lines)
        fingerprint = "select fingerprint from audit.state()"
        assert value(own_database.owner, fingerprint) == value(newest.url(database="test"), fingerprint)
