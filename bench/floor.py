"""The floor of an HTTP request: a FastAPI app that answers constants, and bare psycopg in one pipeline.

`uvicorn bench.floor:constant` is the first; `python -m bench.floor` the second, told on stdin what to run how often.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import uvloop
from fastapi import FastAPI
from starlette.responses import Response

from api.bodies import columns
from db.models.notes import Note
from db.seal import Seal, decoded
from db.transaction import BEGIN, BIND, binding, person

SHOWN = ", ".join(column.key for column in columns(Note))
STATEMENTS = {
    "get": f"select {SHOWN} from app.notes where id = %(note)s",
    # One row more than a page, as the API asks, to know whether another page follows.
    "list of 20": f"select {SHOWN} from app.notes order by id desc limit %(limit)s",
    "create": f"insert into app.notes (title, body) values (%(title)s, %(body)s) returning {SHOWN}",
}
NEW = {"title": "A title", "body": "a line of text " * 8}


def constant() -> FastAPI:
    """Answers what the API answered, byte by byte, from the folder ANSWERS."""
    app = FastAPI()
    folder = Path(os.environ["ANSWERS"])
    get, page, create = ((folder / operation).read_bytes() for operation in STATEMENTS)

    @app.get("/v1/notes")
    async def read_page() -> Response:
        return Response(page, media_type="application/json")

    @app.get("/v1/notes/{_id}")
    async def read() -> Response:
        return Response(get, media_type="application/json")

    @app.post("/v1/notes")
    async def post() -> Response:
        return Response(create, 201, media_type="application/json")

    return app


async def transact(connection: psycopg.AsyncConnection[Any], seal: Seal, statement: str, me: UUID, note: UUID) -> list[Any]:
    """The statement's rows, in a bound transaction of its own: one round trip."""
    async with connection.pipeline():
        await connection.execute(BEGIN)
        await connection.execute(BIND, binding(person(me), seal, connection.info.backend_pid))
        cursor = await connection.execute(statement, {"note": note, "limit": 21, **NEW})
        await connection.execute("commit")
    return await cursor.fetchall()


async def main(me: UUID, note: UUID) -> None:
    """Each line is `operation<tab>count`; answers `done` when it has run."""
    seal = Seal(decoded(os.environ["SEAL_KEY"]))
    async with await psycopg.AsyncConnection.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            operation, count = line.split("\t")
            for _ in range(int(count)):
                await transact(connection, seal, STATEMENTS[operation], me, note)
            print("done", flush=True)


if __name__ == "__main__":
    uvloop.run(main(UUID(sys.argv[1]), UUID(sys.argv[2])))
