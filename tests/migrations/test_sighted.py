"""Forced row security blinds a table's owner: a revision that needs to see rows says so, and a blind one is an error."""

from pathlib import Path

import psycopg
import pytest
from alembic import command
from psycopg import sql
from sqlalchemy.exc import DataError, IntegrityError, InternalError, ProgrammingError

from migrations import head
from tests.migrations.catalog import at, do, value
from tests.migrations.extra import apply, configured
from tests.server import Database

KEY = "alter table app.notes add constraint notes_owner_id_fkey foreign key (owner_id) references app.users"
ADD_KEY = f'op.execute("{KEY}")'
BACKFILL = "op.execute(\"update app.notes set title = 'filled'\")"
FILLED = "select count(*) from app.notes where title = 'filled'"
VALIDATED = "select convalidated from pg_constraint where conname = 'notes_owner_id_fkey'"
FORCED = """
select bool_and(relrowsecurity and relforcerowsecurity) from pg_class
where relkind = 'r' and relnamespace = 'app'::regnamespace"""


def inside(*statements: str, tables: str = '"app.notes", "app.users"') -> str:
    """The statements, sighted."""
    return "\n".join([f"with sighted({tables}):", *(f"    {statement}" for statement in statements)])


@pytest.fixture
def url(own_database: Database) -> str:
    """A database in which two notes belong to nobody, since their foreign key was lost."""
    do(
        own_database.owner,
        "alter table app.notes drop constraint notes_owner_id_fkey",
        "insert into app.notes (owner_id, title) values (gen_random_uuid(), 'an orphan'), (gen_random_uuid(), 'another')",
    )
    return own_database.owner


def test_foreign_key_over_an_orphan_passes_an_owner_who_is_blind(url: str) -> None:
    """The danger itself: Postgres says that it has checked what it could not see."""
    do(url, "set role app_owner", KEY)
    assert value(url, VALIDATED) is True
    assert value(url, "select count(*) from app.notes where owner_id not in (select id from app.users)") == 2


def test_backfill_changes_nothing_for_an_owner_who_is_blind(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("set role app_owner")
        assert connection.execute("update app.notes set title = 'filled'").rowcount == 0


@pytest.mark.parametrize("statement", [ADD_KEY, BACKFILL, 'op.execute("delete from app.notes")'])
def test_blind_revision_is_refused_instead_of_passing_over_rows(url: str, tmp_path: Path, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="would be affected by row-level security"):
        apply(url, tmp_path, statement)
    assert at(url) == head()
    assert value(url, "select count(*) from app.notes where title <> 'filled'") == 2


def test_foreign_key_cannot_pass_over_an_orphan_that_is_seen(url: str, tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="violates foreign key constraint"):
        apply(url, tmp_path, inside(ADD_KEY))
    assert value(url, FORCED) is True
    do(url, "delete from app.notes")
    apply(url, tmp_path, inside(ADD_KEY, 'op.execute("select 1")'))
    assert value(url, VALIDATED) is True
    assert value(url, FORCED) is True


def test_backfill_changes_every_row_that_is_seen(url: str, tmp_path: Path) -> None:
    apply(url, tmp_path, inside(BACKFILL, tables='"app.notes"'))
    assert value(url, FILLED) == 2
    assert value(url, FORCED) is True


def test_generated_foreign_key_cannot_pass_over_an_orphan(url: str, tmp_path: Path) -> None:
    """`make revision` writes `sighted` around a key of a table that is already there."""
    alembic = configured(url, tmp_path)
    command.revision(alembic, message="key", autogenerate=True, rev_id="9001", version_path=str(tmp_path))
    with pytest.raises(IntegrityError, match="violates foreign key constraint"):
        command.upgrade(alembic, "head")
    do(url, "delete from app.notes")
    command.upgrade(alembic, "head")
    command.check(alembic)
    assert value(url, VALIDATED) is True


@pytest.mark.parametrize(
    ("failure", "error"), [('raise ValueError("mine")', ValueError), ('op.execute("select 1 / 0")', DataError)]
)
def test_row_security_is_forced_again_when_the_block_fails(
    url: str, tmp_path: Path, failure: str, error: type[Exception]
) -> None:
    with pytest.raises(error, match=r"mine|division by zero"):
        apply(url, tmp_path, inside(BACKFILL, failure))
    assert value(url, FORCED) is True
    assert value(url, FILLED) == 0


def test_row_security_is_forced_again_when_the_revision_goes_on(url: str, tmp_path: Path) -> None:
    block = inside(BACKFILL, "raise ValueError").replace("\n", "\n    ")
    apply(url, tmp_path, f"try:\n    {block}\nexcept ValueError:\n    pass")
    assert value(url, FILLED) == 2
    assert value(url, FORCED) is True


def test_sighted_is_refused_outside_a_transaction(url: str, tmp_path: Path) -> None:
    block = inside(BACKFILL).replace("\n", "\n    ")
    with pytest.raises(InternalError, match="LOCK TABLE can only be used in transaction blocks"):
        apply(url, tmp_path, f"with op.get_context().autocommit_block():\n    {block}")
    assert value(url, FORCED) is True
    assert value(url, FILLED) == 0


def test_sighted_rows_stay_out_of_sight_of_everybody_else(url: str, tmp_path: Path) -> None:
    """Nobody reads the table while it is open: the lock is there before, and until the end."""
    look = sql.SQL("select mode from pg_locks where relation = 'app.notes'::regclass and mode = 'AccessExclusiveLock'")
    code = f'held = op.get_bind().exec_driver_sql("""{look.as_string()}""").scalar()\nraise RuntimeError(held)'
    with pytest.raises(RuntimeError, match="AccessExclusiveLock"):
        apply(url, tmp_path, inside("pass") + "\n" + code)
