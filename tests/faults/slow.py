"""Routes that write and then wait for a lock, so that a test decides when, and whether, they go on."""

from collections.abc import Iterator
from contextlib import contextmanager

import orjson
from fastapi import APIRouter
from sqlalchemy import insert, text
from starlette.responses import Response

from api.deps import Me, Tx
from db.models.notes import Note
from tests.faults.settled import count, until
from tests.notes import Owner

LOCK = 7105
WAITING = """select count(*) from pg_stat_activity
where datname = current_database() and usename = 'app_api' and wait_event = 'advisory'"""
INSERT_AND_WAIT = """with made as (insert into app.notes (title) values ('1'), ('2') returning id)
select id, (select pg_advisory_xact_lock(7105)) is null from made"""
router = APIRouter()


@router.post("/slow/session", status_code=201)
async def session(tx: Tx) -> dict[str, bool]:
    """Several statements, which wait in the middle."""
    await tx.execute(insert(Note).values(title="1"))
    await tx.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    await tx.execute(insert(Note).values(title="2"))
    return {"made": True}


@router.post("/slow/once", status_code=201)
async def once(me: Me) -> Response:
    """One statement, which waits."""
    rows = await me.once(text(INSERT_AND_WAIT))
    return Response(orjson.dumps({"made": len(rows)}), 201)


PATHS = ("/slow/session", "/slow/once")


@contextmanager
def held(owner: Owner) -> Iterator[None]:
    """While this lasts, the routes wait."""
    owner.execute("select pg_advisory_lock(%s)", [LOCK])
    try:
        yield
    finally:
        owner.execute("select pg_advisory_unlock_all()")


async def waiting(owner: Owner, requests: int = 1) -> None:
    """Until so many requests wait."""
    await until(lambda: count(owner, WAITING) == requests)
