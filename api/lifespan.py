"""From start to stop: opens the pools on a database that holds what it promises, and closes them again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db.boot import check
from db.engine import engine
from db.refusal import Refusal
from db.revisions import head, known
from db.settings import Settings


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The pools of both logins, in `app.state`.

    Raises: Refusal where the database is weaker than promised.
    """
    settings: Settings = app.state.settings
    api, auth, seal = settings.database_url, settings.auth_database_url, settings.seal
    app.state.api = engine(api.get_secret_value(), pool_size=settings.pool_size, seal=seal)
    app.state.auth = engine(auth.get_secret_value(), pool_size=settings.auth_pool_size, seal=seal)
    try:
        await check(app.state.api, "app_api", known(), head())
        await check(app.state.auth, "app_auth", known(), head())
        yield
    finally:
        await app.state.api.dispose()
        await app.state.auth.dispose()


class OneSentence:
    """ASGI: a refusal to start reaches the server as its sentence; Starlette would send a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            return await self.app(scope, receive, send)

        async def sending(message: Message) -> None:
            if message["type"] != "lifespan.startup.failed":
                await send(message)

        try:
            await self.app(scope, receive, sending)
        except Refusal as refusal:
            await send({"type": "lifespan.startup.failed", "message": str(refusal)})
        except BaseException as error:
            await send({"type": "lifespan.startup.failed", "message": repr(error)})
            raise
