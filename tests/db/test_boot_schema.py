"""The API does not start on a schema that is not forced, not there, too old, or newer than it says it still serves."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import TupleRow

from db.models import metadata
from db.revisions import head, known
from tests.db.logins import refusal
from tests.server import Database


@pytest.fixture
def truth(own_database: Database) -> Iterator[psycopg.Connection[TupleRow]]:
    with psycopg.connect(own_database.owner, autocommit=True) as owner:
        yield owner


@pytest.mark.parametrize("flag", ["no force", "disable"])
async def test_a_table_without_forced_row_security_cannot_be_served(
    own_database: Database, truth: psycopg.Connection[TupleRow], flag: str
) -> None:
    for table in metadata.tables:
        truth.execute(f"alter table {table} {flag} row level security")
        remedy = f"alter table {table} enable row level security, force row level security"
        expected = f"{table} lacks forced row security: run `make migrate`, or mend it as its owner with `{remedy}`"
        assert await refusal(own_database.api) == expected
        assert await refusal(own_database.auth, "app_auth") == expected
        truth.execute(remedy)
        assert await refusal(own_database.api) == ""


async def test_a_table_that_nobody_declared_cannot_be_served_unprotected(
    own_database: Database, truth: psycopg.Connection[TupleRow]
) -> None:
    truth.execute('create table app."by Hand" (id int) partition by list (id)')
    assert (await refusal(own_database.api)).startswith('app."by Hand" lacks forced row security')


async def test_an_empty_database_cannot_be_served(empty_database: Database) -> None:
    expected = "the database has no schema of Rowkeep: run `make migrate`"
    assert await refusal(empty_database.api) == expected
    assert await refusal(empty_database.auth, "app_auth") == expected


async def test_a_database_that_is_behind_cannot_be_served(own_database: Database, truth: psycopg.Connection[TupleRow]) -> None:
    at = "the database is at revision {}, this code needs {}: run `make migrate`"
    newer = {"codes": known() | {"9998"}, "needs": "9998"}
    assert await refusal(own_database.api, **newer) == at.format(head(), "9998")  # type: ignore[arg-type]
    truth.execute("update audit.release set serves = '9998'")
    assert await refusal(own_database.api, **newer) == at.format(head(), "9998")  # type: ignore[arg-type]
    truth.execute("delete from audit.alembic_version")
    assert await refusal(own_database.api) == at.format("nothing", head())


async def test_a_newer_database_cannot_be_served_unless_it_says_so(
    own_database: Database, truth: psycopg.Connection[TupleRow]
) -> None:
    truth.execute("update audit.alembic_version set version_num = '9999'")
    truth.execute("delete from audit.release")
    for serves in ("9998", "9999"):
        truth.execute("delete from audit.release")
        truth.execute("insert into audit.release values (%s)", [serves])
        assert await refusal(own_database.api) == (
            f"the database is at revision 9999, which serves code from {serves} on: deploy newer code than {head()}"
        )
    truth.execute("delete from audit.release")
    assert "serves code from 9999 on" in await refusal(own_database.api)
    for serves in known():
        truth.execute("delete from audit.release")
        truth.execute("insert into audit.release values (%s)", [serves])
        assert await refusal(own_database.api) == ""
