"""An index of a table in use is built beside its traffic, and a build that failed is found, dropped and made again."""

from pathlib import Path

import psycopg
import pytest
from alembic import command
from sqlalchemy.exc import IntegrityError

from migrations import head
from tests.migrations.catalog import at, do, snapshot, until, value
from tests.migrations.extra import apply, configured, upgrading, write
from tests.server import Database

INDEX = """
with concurrently("app.{name}"):
    op.create_index(
        "{name}", "notes", ["{column}"], schema="app", unique={unique}, if_not_exists=True, postgresql_concurrently=True
    )
"""
PLAIN = INDEX.format(name="notes_version_idx", column="version", unique=False)
UNIQUE = INDEX.format(name="notes_title_key", column="title", unique=True)
VALID = "select indisvalid from pg_index where indexrelid = 'app.{}'::regclass"
TWINS = "insert into app.notes (owner_id, title) select id, 'twin' from app.users, generate_series(1, 2)"


@pytest.fixture
def url(own_database: Database) -> str:
    """A database in which two notes have one title."""
    do(own_database.owner, "insert into app.users (name) values ('somebody')", TWINS)
    return own_database.owner


def test_failed_build_leaves_an_index_that_the_next_try_makes_again(url: str, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="notes_title_key"):
        apply(url, tmp_path, PLAIN + UNIQUE)
    assert at(url) == head()
    assert value(url, VALID.format("notes_title_key")) is False
    finished = value(url, "select 'app.notes_version_idx'::regclass::oid")
    do(url, "update app.notes set title = id::text")
    command.upgrade(configured(url, tmp_path), "head")
    assert at(url) == "9001"
    assert value(url, VALID.format("notes_title_key")) is True
    assert value(url, "select 'app.notes_version_idx'::regclass::oid") == finished, "what was finished is not built again"


def test_build_of_an_invalid_index_is_passed_over_by_if_not_exists_alone(url: str) -> None:
    """The danger itself: the second try succeeds, and the index serves nobody."""
    create = b"create unique index concurrently if not exists notes_title_key on app.notes (title)"
    with psycopg.connect(url, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(create)
        connection.execute(create)
    assert value(url, VALID.format("notes_title_key")) is False


def test_block_leaves_limits_as_they_were(url: str, tmp_path: Path) -> None:
    names = ("lock_timeout", "statement_timeout")
    shown = f'" ".join(op.get_bind().exec_driver_sql("show " + name).scalar() for name in {names!r})'
    inside = f'with concurrently("app.x"):\n    inside = {shown}\n'
    with pytest.raises(RuntimeError, match="0 0 500ms 10min"):
        apply(url, tmp_path, f'{inside}raise RuntimeError(inside + " " + {shown})')
    with pytest.raises(RuntimeError, match="500ms 10min"):
        apply(
            url,
            tmp_path,
            f'try:\n    with concurrently("app.x"):\n        1 / 0\nexcept ZeroDivisionError:\n    raise RuntimeError({shown})',
        )


def test_build_stops_no_writer_and_no_second_migration_stops_the_build(url: str, tmp_path: Path) -> None:
    write(tmp_path, PLAIN)
    like = "select count(*) from pg_stat_activity where datname = current_database() and query ilike '{}%' and {}"
    building = like.format("create index concurrently", "wait_event_type = 'Lock'")
    asking = like.format("%advisory_lock", "pid <> pg_backend_pid()")
    with psycopg.connect(url) as older:
        # The build waits for writers first and takes its snapshot later: the second migration is older than that.
        older.execute("lock table app.notes in row exclusive mode")
        first = upgrading(url, tmp_path)
        until(lambda: value(url, building))
        do(url, "insert into app.notes (owner_id, title) select id, 'meanwhile' from app.users")
        second = upgrading(url, tmp_path)
        until(lambda: value(url, asking))
        assert first.poll() is None
    outputs = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], outputs
    assert value(url, VALID.format("notes_version_idx")) is True
    assert at(url) == "9001"


def test_index_is_dropped_beside_traffic_too(url: str, tmp_path: Path) -> None:
    before = snapshot(url)
    options = 'schema="app", if_exists=True, postgresql_concurrently=True'
    drop = f'with concurrently("app.notes_version_idx"):\n    op.drop_index("notes_version_idx", "notes", {options})'
    write(tmp_path, PLAIN, drop)
    command.upgrade(configured(url, tmp_path), "head")
    assert snapshot(url) != before
    command.downgrade(configured(url, tmp_path), "-1")
    assert snapshot(url) == before
