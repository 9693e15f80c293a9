"""A migration that waits for a lock gives way to requests, and tries again."""

from pathlib import Path
from threading import Thread

import psycopg
import pytest
from alembic import command

from db.refusal import Refusal
from migrations import head, patience
from migrations.patience import patiently
from tests.migrations.catalog import at, until, value
from tests.migrations.extra import apply, configured, write
from tests.server import Database

QUEUED = """
select exists (select from pg_locks where relation = 'app.notes'::regclass and not granted)
  or not exists (select from pg_locks where relation = 'app.tasks'::regclass and mode = 'RowExclusiveLock')"""
HELD = "select count(*) from pg_locks where relation = 'app.notes'::regclass and mode = 'AccessExclusiveLock' and granted"
LONGER = 'op.execute("alter table app.notes add column colour text")'


def test_upgrade_tries_again_when_the_lock_is_free(
    own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, 'op.execute("create table app.labels (id uuid)")')
    write(tmp_path, LONGER, name="9002", after="9001")
    seen: list[object] = []
    with psycopg.connect(own_database.owner) as somebody:
        somebody.execute("select from app.notes")

        def pause() -> None:
            seen.append(at(own_database.owner))
            if len(seen) == 2:
                somebody.rollback()

        monkeypatch.setattr(patience, "pause", pause)
        patiently(lambda: command.upgrade(configured(own_database.owner, tmp_path, lock_timeout="50ms"), "head"))
    assert seen == ["9001", "9001"], "the revision before it stays"
    assert at(own_database.owner) == "9002"


def test_upgrade_cannot_try_for_ever(own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, LONGER)
    tries: list[None] = []
    monkeypatch.setattr(patience, "pause", lambda: tries.append(None))
    monkeypatch.setattr(patience, "TRIES", 3)
    with psycopg.connect(own_database.owner) as somebody:
        somebody.execute("select from app.notes")
        with pytest.raises(Refusal, match="at every try"):
            patiently(lambda: command.upgrade(configured(own_database.owner, tmp_path, lock_timeout="10ms"), "head"))
    assert len(tries) == 2
    assert at(own_database.owner) == head()


def test_another_error_cannot_be_tried_again(own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "pause", lambda: pytest.fail("tried again"))
    write(tmp_path, 'op.execute("select no_such_column")')
    with pytest.raises(Exception, match="no_such_column"):
        patiently(lambda: command.upgrade(configured(own_database.owner, tmp_path), "head"))


def test_migration_gives_up_before_postgres_looks_for_deadlocks(own_database: Database, tmp_path: Path) -> None:
    """Else it could find a request guilty, which took its locks in another order."""
    mine = 'op.get_bind().exec_driver_sql("show lock_timeout").scalar()'
    with pytest.raises(RuntimeError) as shown:
        apply(own_database.owner, tmp_path, f"raise RuntimeError({mine})")
    earlier = f"select '{shown.value}'::interval < current_setting('deadlock_timeout')::interval"
    assert value(own_database.owner, earlier) is True


def test_request_that_a_migration_waits_for_in_turn_cannot_fail(
    own_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request holds tasks and wants notes; the revision holds notes and wants tasks."""
    change = 'op.execute("alter table app.{} add column colour text")'
    url = own_database.owner
    wait_for_request = f"from tests.migrations.catalog import until, value\nuntil(lambda: value({url!r}, {QUEUED!r}))"
    write(tmp_path, f"{change.format('notes')}\n{wait_for_request}\n{change.format('tasks')}")
    rows: list[int] = []
    with psycopg.connect(url) as request:
        request.execute("set deadlock_timeout = '60s'")  # a slow machine is no reason to look earlier
        request.execute("lock table app.tasks in row exclusive mode")

        def wait() -> None:
            until(lambda: value(url, HELD))
            rows.append(request.execute("select from app.notes").rowcount)
            request.commit()

        waiting = Thread(target=wait)
        monkeypatch.setattr(patience, "pause", lambda: waiting.join(60))
        waiting.start()
        patiently(lambda: command.upgrade(configured(url, tmp_path), "head"))
    assert rows == [0]
    assert at(url) == "9001"
