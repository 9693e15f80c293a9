"""People who own notes, made by the superuser: what tests below HTTP start from."""

from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

Owner = psycopg.Connection[TupleRow]


def person_with_notes(owner: Owner, *titles: str) -> UUID:
    """A new person and a note per title."""
    row = owner.execute("insert into app.users (name) values ('somebody') returning id").fetchone()
    assert row is not None
    for title in titles:
        owner.execute(
            "insert into app.notes (owner_id, created_by, updated_by, title) values (%(id)s, %(id)s, %(id)s, %(title)s)",
            {"id": row[0], "title": title},
        )
    made: UUID = row[0]
    return made


def titles_of(owner: Owner, person: UUID) -> list[str]:
    """The truth: titles of a person's notes, binned or not, in order."""
    return [row[0] for row in owner.execute("select title from app.notes where owner_id = %s order by title", [person])]
