"""No default of the role or the database changes what a request runs in, whoever has set it."""

from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col, select

from db.models.notes import Note
from db.transaction import begin, once, person
from tests.notes import Owner, person_with_notes, titles_of
from tests.sealing import pool
from tests.server import Database

TARGETS = ("database {}", "role app_api in database {}")


class Spoiled(NamedTuple):
    """A database whose defaults a test sets, before the first connection of its pool."""

    owner: Owner
    engine: AsyncEngine
    name: str

    def default(self, setting: str) -> None:
        """For the login, which could do so itself, and for everybody."""
        for target in TARGETS:
            statement = sql.SQL("alter " + target + " set " + setting)
            self.owner.execute(statement.format(sql.Identifier(self.name)))


@pytest.fixture
def truth(own_database: Database) -> Iterator[Owner]:
    with psycopg.connect(own_database.owner, autocommit=True) as owner:
        yield owner


@pytest.fixture
async def spoiled(own_database: Database, truth: Owner) -> AsyncIterator[Spoiled]:
    engine = pool(own_database.api, pool_size=1)
    yield Spoiled(truth, engine, own_database.name)
    await engine.dispose()


async def test_no_default_makes_a_request_read_only_or_another_isolation(spoiled: Spoiled) -> None:
    alice = person_with_notes(spoiled.owner, "a")
    for setting in ("isolation = 'serializable'", "read_only = on", "deferrable = on"):
        spoiled.default(f"default_transaction_{setting}")
    how = text("select current_setting('transaction_isolation'), current_setting('transaction_read_only')")
    async with spoiled.engine.connect() as unbound:
        assert tuple((await unbound.execute(how)).one()) == ("serializable", "on")
    async with begin(spoiled.engine, person(alice)) as tx:
        await tx.execute(insert(Note).values(title="b"))
        assert tuple((await tx.execute(how)).one()) == ("read committed", "off")
    assert [tuple(row) for row in await once(spoiled.engine, person(alice), how)] == [("read committed", "off")]
    await once(spoiled.engine, person(alice), insert(Note).values(title="c").returning(col(Note.id)))
    assert titles_of(spoiled.owner, alice) == ["a", "b", "c"]


async def test_no_search_path_puts_another_function_in_the_binding(spoiled: Spoiled) -> None:
    alice, bob = person_with_notes(spoiled.owner, "a"), person_with_notes(spoiled.owner, "b")
    spoiled.owner.execute(
        f"""create schema evil; grant usage on schema evil to public;
        create function evil.set_config(text, text, boolean) returns text language sql
          return pg_catalog.set_config($1, case when $1 = 'role' then $2 else '{alice}' end, $3);
        create function evil.current_setting(text, boolean) returns text language sql return '{alice}';
        grant execute on all functions in schema evil to public"""
    )
    spoiled.default("search_path = evil, pg_catalog")
    theirs = text("select set_config('x.y', 'z', true)")
    assert (await once(spoiled.engine, person(bob), theirs))[0][0] == str(alice)  # the trap works
    assert [row.title for row in await once(spoiled.engine, person(bob), select(Note))] == ["b"]
    async with begin(spoiled.engine, person(bob)) as tx:
        assert [note.title for note in await tx.scalars(select(Note))] == ["b"]


async def test_row_security_that_is_off_by_default_shows_nothing(spoiled: Spoiled) -> None:
    alice = person_with_notes(spoiled.owner, "a")
    spoiled.default("row_security = off")
    with pytest.raises(DBAPIError, match="row-level security"):
        await once(spoiled.engine, person(alice), select(Note))
