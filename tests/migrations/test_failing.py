"""A revision that fails leaves nothing behind, and one that would wait for a lock gives up instead of blocking everybody."""

from pathlib import Path

import psycopg
import pytest
from alembic import command
from psycopg.errors import LockNotAvailable
from sqlalchemy.exc import OperationalError, ProgrammingError

from migrations import head
from migrations.run import config
from tests.migrations.catalog import at, snapshot, value
from tests.migrations.extra import apply, configured, write
from tests.server import Database

LABELS = 'op.execute("create table app.labels (id uuid)")\n'
FAILURES = {
    "in Python": ('raise RuntimeError("halfway")', RuntimeError),
    "in SQL": ('op.execute("select no_such_column")', ProgrammingError),
}


@pytest.mark.parametrize(("failure", "error"), FAILURES.values(), ids=FAILURES)
def test_failing_revision_leaves_nothing_behind(
    own_database: Database, tmp_path: Path, failure: str, error: type[Exception]
) -> None:
    url = own_database.owner
    before = snapshot(url)
    with pytest.raises(error):
        apply(url, tmp_path, LABELS + failure)
    assert snapshot(url) == before
    assert at(url) == head()
    apply(url, tmp_path, LABELS)
    assert at(url) == "9001"
    assert value(url, "select to_regclass('app.labels') is not null") is True


def test_failing_revision_takes_nothing_of_the_one_before_it_along(own_database: Database, tmp_path: Path) -> None:
    write(tmp_path, LABELS)
    write(tmp_path, 'op.execute("drop table app.labels")\nraise RuntimeError("halfway")', name="9002", after="9001")
    with pytest.raises(RuntimeError, match="halfway"):
        command.upgrade(configured(own_database.owner, tmp_path), "head")
    assert at(own_database.owner) == "9001"
    assert value(own_database.owner, "select to_regclass('app.labels') is not null") is True


def test_failing_downgrade_leaves_nothing_behind(own_database: Database, tmp_path: Path) -> None:
    url = own_database.owner
    write(tmp_path, LABELS, 'op.execute("drop table app.labels")\nraise RuntimeError("halfway")')
    alembic = configured(url, tmp_path)
    command.upgrade(alembic, "head")
    before = snapshot(url)
    with pytest.raises(RuntimeError, match="halfway"):
        command.downgrade(alembic, "-1")
    assert snapshot(url) == before
    assert at(url) == "9001"


def test_release_cannot_be_recorded_for_a_revision_that_failed(own_database: Database, tmp_path: Path) -> None:
    url = own_database.owner
    before = value(url, "select serves from audit.release")
    write(tmp_path, 'raise RuntimeError("halfway")')
    file = tmp_path / "9001_test.py"
    file.write_text(file.read_text().replace("serves = None", 'serves = "9001"'))
    with pytest.raises(RuntimeError):
        command.upgrade(configured(url, tmp_path), "head")
    assert value(url, "select serves from audit.release") == before
    file.write_text(file.read_text().replace('raise RuntimeError("halfway")', "pass"))
    command.upgrade(configured(url, tmp_path), "head")
    assert value(url, "select serves from audit.release") == "9001"


def test_revision_that_waits_for_a_lock_gives_up_and_leaves_nothing(own_database: Database, tmp_path: Path) -> None:
    url = own_database.owner
    before = snapshot(url)
    change = LABELS + 'op.execute("alter table app.notes add column colour integer")'
    with psycopg.connect(url) as somebody:
        somebody.execute("lock table app.notes in access exclusive mode")
        with pytest.raises((OperationalError, LockNotAvailable), match="lock timeout"):
            apply(url, tmp_path, change, lock_timeout="100ms")
    assert snapshot(url) == before
    assert at(url) == head()
    apply(url, tmp_path, change)
    assert at(url) == "9001"


def test_downgrade_gives_up_too(own_database: Database) -> None:
    command.downgrade(config(own_database.owner), "0001")  # the revisions after it need no lock on notes
    before = snapshot(own_database.owner)
    with psycopg.connect(own_database.owner) as reader:
        reader.execute("select from app.notes")
        with pytest.raises((OperationalError, LockNotAvailable), match="lock timeout"):
            command.downgrade(config(own_database.owner, lock_timeout="100ms"), "base")
    assert snapshot(own_database.owner) == before


def test_revision_cannot_run_as_anybody_but_app_owner_or_without_limits(own_database: Database, tmp_path: Path) -> None:
    names = ("lock_timeout", "statement_timeout", "row_security", "role")
    shown = f'op.get_bind().exec_driver_sql("show " + name).scalar() for name in {names!r}'
    with pytest.raises(RuntimeError, match="500ms 10min off app_owner"):
        apply(own_database.owner, tmp_path, f'raise RuntimeError(" ".join({shown}))')
