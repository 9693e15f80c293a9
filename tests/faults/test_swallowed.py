"""A route that swallows a database error fails by itself: whoever gets its connection next is nobody but themselves."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.transaction import begin, person
from tests.notes import Owner, person_with_notes
from tests.sealing import pool
from tests.server import Database


async def test_a_swallowed_error_cannot_leave_its_transaction_to_the_next(database: Database, owner: Owner) -> None:
    alice, bob = person_with_notes(owner, "alice's"), person_with_notes(owner, "bob's")
    made = pool(database.api, pool_size=1)
    with pytest.raises(DBAPIError):  # noqa: PT012 - the commit raises, after what is swallowed
        async with begin(made, person(alice)) as tx:
            await tx.exec(text("savepoint mine"))  # type: ignore[call-overload]
            with pytest.raises(DBAPIError):
                await tx.exec(text("select 1 / 0"))  # type: ignore[call-overload]
    with pytest.raises(DBAPIError):
        async with begin(made, person(bob)) as tx:
            await tx.exec(text("rollback to savepoint mine"))  # type: ignore[call-overload]
    async with begin(made, person(bob)) as tx:
        titles = (await tx.exec(text("select title from app.notes"))).scalars().all()  # type: ignore[call-overload]
    assert titles == ["bob's"]
    await made.dispose()
