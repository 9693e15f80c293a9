"""An API of a test's own: on its database, with its settings, and with routes that it adds."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import httpx
import uvicorn
from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from tests.conftest import settings
from tests.faults.settled import until
from tests.server import Database


class Served(NamedTuple):
    """A booted API and HTTP to it."""

    app: FastAPI
    client: httpx.AsyncClient

    @property
    def engine(self) -> AsyncEngine:
        """The pool that requests use."""
        engine: AsyncEngine = self.app.state.api
        return engine

    @property
    def checked_out(self) -> int:
        """Connections that somebody holds."""
        return int(self.engine.pool.checkedout())  # type: ignore[attr-defined]


@asynccontextmanager
async def serving(database: Database, *routers: APIRouter, **changes: object) -> AsyncIterator[Served]:
    """Serves for as long as the block lasts; `changes` are settings."""
    app = create_app(settings(database, **changes))
    for router in routers:
        app.include_router(router)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://rowkeep") as client,
    ):
        yield Served(app, client)


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[int]:
    """The port of a real socket that a booted API answers on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, lifespan="off", log_config=None, ws="none", timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve([listener]))
        await until(lambda: server.started)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await running
