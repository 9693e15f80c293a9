"""`check` finds nothing on a migrated database, finds each thing that was changed by hand, and `revision` mends them."""

import re
from pathlib import Path

import pytest
from alembic import command
from alembic.util import CommandError

from db.refusal import Refusal
from migrations import check
from migrations.__main__ import compare
from tests.migrations.catalog import do, snapshot
from tests.migrations.drifts import DRIFTS
from tests.migrations.extra import configured
from tests.server import Database


def found(database: Database, statement: str) -> str:
    """What the check says after this was done."""
    do(database.owner, statement)
    with pytest.raises(CommandError) as refused:
        check(database.owner)
    return str(refused.value)


def test_check_finds_no_drift_on_a_migrated_database(own_database: Database) -> None:
    before = snapshot(own_database.owner)
    check(own_database.owner)
    compare(own_database.owner)
    assert snapshot(own_database.owner) == before, "the comparison leaves nothing behind"


@pytest.mark.parametrize(("statement", "words"), DRIFTS.values(), ids=DRIFTS)
def test_check_cannot_miss_that(own_database: Database, statement: str, words: str) -> None:
    assert re.search(words, found(own_database, statement), re.DOTALL)


# SQLAlchemy 2.1.9 warns of an option of its own when it reads a CHECK that is NOT VALID.
@pytest.mark.filterwarnings("ignore:Can't validate argument")
def test_check_cannot_miss_that_a_check_is_not_validated(own_database: Database) -> None:
    again = "add constraint notes_body_check check (char_length(body) between 0 and 100000) not valid"
    assert "notes_body_check" in found(own_database, f"alter table app.notes drop constraint notes_body_check, {again}")


def test_check_cannot_choose_between_functions_of_one_name(own_database: Database) -> None:
    overload = "create function app.current_user_id(text) returns uuid language sql return gen_random_uuid()"
    said = found(own_database, f"set role app_owner; {overload}")
    assert "two functions are called app.current_user_id" in said


@pytest.mark.parametrize("thing", ["function app.my_workspaces(text)", "table app.notes"])
def test_check_cannot_miss_that_somebody_else_owns(own_database: Database, thing: str) -> None:
    said = found(own_database, f"alter {thing} owner to app_auditor")
    assert said == f"{thing} belongs to app_auditor: `alter {thing} owner to app_owner` gives it back"


@pytest.mark.parametrize(
    "statement",
    [
        "grant create on schema app to app_user",
        "create sequence app.numbers; grant usage on sequence app.numbers to app_user",
    ],
)
def test_compare_cannot_miss_what_the_committed_text_does_not_say(own_database: Database, statement: str) -> None:
    do(own_database.owner, statement)
    with pytest.raises(Refusal, match=r"effective\.sql"):
        compare(own_database.owner)


def test_revision_mends_all_of_it_at_once(own_database: Database, tmp_path: Path) -> None:
    url = own_database.owner
    before = snapshot(url)
    do(url, *(statement for statement, _ in DRIFTS.values()))
    assert snapshot(url) != before
    alembic = configured(url, tmp_path)
    command.revision(alembic, message="mend", autogenerate=True, rev_id="9001", version_path=str(tmp_path))
    command.upgrade(alembic, "head")
    command.check(alembic)
    assert snapshot(url) == before
    command.downgrade(alembic, "-1")
    command.upgrade(alembic, "head")
    assert snapshot(url) == before
