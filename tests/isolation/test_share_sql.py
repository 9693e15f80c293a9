"""SQL in the API's own session, by everybody who holds, held or never held a share: no statement gives more than HTTP does."""

from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.isolation.conftest import KINDS, Hold
from tests.isolation.session import acting, outcome
from tests.isolation.test_blind_sql import fingerprint
from tests.people import Person
from tests.server import Database

Author = tuple[Person, str]
NEW = "insert into app.note_shares ({0}) values ({1})"
NO, UNSEALED = "42501", "28000"
TOKEN_FROM_HASH = "select set_config('app.shown_token', token_hash::text, true) from app.note_shares; select * from app.notes"
AS_OTHER = "update app.notes set title = 'x' where set_config('app.current_user_id', '{other}', true) <> ''"
AS_NOBODY = "update app.notes set title = 'x' where set_config('app.current_user_id', '', true) = ''"
AND_NOBODY = "update app.notes set title = 'x' returning set_config('app.current_user_id', '', true)"
# Role, statement, and what must come of it for a reader, a writer, somebody whose share has ended, and everybody else.
ATTACKS: dict[str, tuple[str, str, tuple[Any, Any, Any, Any]]] = {
    "see notes as oneself": ("app_user", "select * from app.notes", (0, 0, 0, 0)),
    "write notes as oneself": ("app_user", "update app.notes set title = 'stolen'", (0, 0, 0, 0)),
    "see notes as a guest": ("app_guest", "select * from app.notes", (1, 1, 0, 0)),
    "see the note": ("app_guest", "select * from app.notes where id = '{note}'", (1, 1, 0, 0)),
    "see notes at the bin": ("app_trash", "select * from app.notes", (0, 0, 0, 0)),
    "bin": ("app_trash", "update app.notes set deleted_at = now()", (0, 0, 0, 0)),
    "bin as a guest": ("app_guest", "update app.notes set deleted_at = now()", (NO, NO, NO, NO)),
    "delete": ("app_guest", "delete from app.notes", (NO, NO, NO, NO)),
    "insert as a guest": ("app_guest", "insert into app.notes (title) values ('x')", (NO, NO, NO, NO)),
    "take over": ("app_guest", "update app.notes set owner_id = '{me}'", (NO, NO, NO, NO)),
    "forge who wrote": ("app_guest", "update app.notes set updated_by = '{author}'", (NO, NO, NO, NO)),
    "write blindly": ("app_guest", "update app.notes set title = 'stolen'", (NO, 1, 0, 0)),
    "write by key": ("app_guest", "update app.notes set title = 'x' where id = '{note}' returning id", (NO, 1, 0, 0)),
    "write in another's name": ("app_guest", AS_OTHER, ({0, NO, UNSEALED}, {0, NO, UNSEALED}, {0, UNSEALED}, {0, UNSEALED})),
    "write as nobody": ("app_guest", AS_NOBODY, ({0, NO}, {0, NO}, 0, 0)),
    "write and drop the identity": ("app_guest", AND_NOBODY, (NO, NO, 0, 0)),
    "see shares": ("app_user", "select * from app.note_shares", (1, 1, 1, 0)),
    "see shares as a guest": ("app_guest", "select * from app.note_shares", (NO, NO, NO, NO)),
    "lock shares": ("app_user", "select id from app.note_shares for share", (NO, NO, NO, NO)),
    "promote": ("app_user", "update app.note_shares set role = 'writer'", (NO, NO, NO, NO)),
    "prolong": ("app_user", "update app.note_shares set expires_at = null", (NO, NO, NO, NO)),
    "take an offer": ("app_user", "update app.note_shares set user_id = '{me}', token_hash = null", (NO, NO, NO, NO)),
    "share on": ("app_user", NEW.format("note_id, token_hash", "'{note}', sha256('x')"), (NO, NO, "23503", "23503")),
    "share for the owner": ("app_user", NEW.format("note_id, owner_id", "'{note}', '{author}'"), (NO, NO, NO, NO)),
    "share with oneself": ("app_user", NEW.format("note_id, user_id", "'{note}', '{me}'"), (NO, NO, NO, NO)),
    "accept without a token": ("app_user", "select app.accept_shared_notes('{share}', '')", ("P0002",) * 4),
    "show a hash for a token": ("app_user", TOKEN_FROM_HASH, (0, 0, 0, 0)),
    "ask for the hash": ("app_user", "select app.shown_token()", (NO, NO, NO, NO)),
    "run the guard": ("app_guest", "select app.notes_held_share()", (NO, NO, NO, NO)),
    "ask what is shared": ("app_guest", "select unnest(app.shared_notes('reader'))", (1, 1, 0, 0)),
    "ask what may be written": ("app_guest", "select unnest(app.shared_notes('writer'))", (0, 1, 0, 0)),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_no_statement_gives_more(
    author: Author, hold: Hold, database: Database, owner: psycopg.Connection[Any], kind: str
) -> None:
    holder, (by, note) = await hold(kind), author
    names = {"me": holder.who.id, "note": note, "author": by.id, "share": holder.share, "other": UUID(int=1)}
    place = {"reader": 0, "writer": 1, "expired": 2}.get(kind, 3)
    before = [fingerprint(owner, table) for table in ("notes", "note_shares")]
    for name, (role, statement, expected) in ATTACKS.items():
        allowed = expected[place]
        with acting(database.api, holder.who.id, role, commit=allowed != 1) as session:
            found = outcome(session, statement.format(**names))
            assert found in (allowed if isinstance(allowed, set) else {allowed}), name
    assert [fingerprint(owner, table) for table in ("notes", "note_shares")] == before
    assert owner.execute("select from app.notes where id = %s", [note]).rowcount == 1


async def test_blind_delete_takes_ones_own_shares_alone(author: Author, hold: Hold, database: Database) -> None:
    holder, (by, note) = await hold("reader"), author
    with acting(database.api, holder.who.id, commit=True) as session:
        assert outcome(session, "delete from app.note_shares") == 1
    left = (await by.call("GET", f"/v1/notes/{note}/shares")).json()["items"]
    assert [row["id"] for row in left] != [str(holder.share)]
    assert len(left) == 1


async def test_owner_can_what_holders_cannot(author: Author, hold: Hold, database: Database) -> None:
    """The positive twin, by the same roles."""
    (by, note), share = author, (await hold("reader")).share
    for role, statement, rows in (
        ("app_user", "update app.notes set title = 'x'", 1),
        ("app_guest", f"update app.notes set title = 'x' where id = '{note}' returning id", 1),
        ("app_trash", "update app.notes set deleted_at = now()", 1),
        ("app_user", "select * from app.note_shares", 2),
        ("app_user", f"delete from app.note_shares where id = '{share}'", 1),
        ("app_user", NEW.format("note_id, token_hash", f"'{note}', sha256('x')"), 1),
    ):
        with acting(database.api, by.id, role) as session:
            assert outcome(session, statement) == rows, statement


@pytest.mark.parametrize("hidden", ["select_guest", "update_guest"])
async def test_fence_keeps_strangers_out_where_a_policy_went_wrong(
    hold: Hold, owner: psycopg.Connection[Any], hidden: str
) -> None:
    """One permissive policy too many, in a transaction of its own that is rolled back."""
    stranger, writer = (await hold("stranger")).who, (await hold("writer")).who
    command = hidden.partition("_")[0]
    with owner.transaction(force_rollback=True):
        owner.execute(f"create policy planted on app.notes for {command} to app_guest using (true)".encode())
        owner.execute("set local role app_guest")
        for who, rows in ((stranger, 0), (writer, 1)):
            owner.execute("select set_config('app.current_user_id', %s, true)", [str(who.id)])
            blind = "update app.notes set title = 'stolen'" if command == "update" else "select from app.notes"
            assert owner.execute(blind.encode()).rowcount == rows
