"""From start to stop: opens the pools on a database that holds what it promises, watches it, and closes them again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.apikeys import ApiKeys
from api.auth import SKEW
from api.issuer import Issuer
from api.remembered import Remembered
from api.subjects import Subjects
from db.beside import beside
from db.boot import check
from db.ended import Ended
from db.engine import engine
from db.refusal import Refusal
from db.revisions import head, known
from db.settings import Settings
from db.watch import Watch

EXPORTS = 2


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The pools of both logins and the watch, in `app.state`.

    Raises: Refusal where the database is weaker than promised.
    """
    settings: Settings = app.state.settings
    api, auth, seal = settings.database_url, settings.auth_database_url, settings.seal
    pooled = settings.pooler
    app.state.api = engine(api.get_secret_value(), pool_size=settings.pool_size, seal=seal, pooled=pooled)
    app.state.auth = engine(auth.get_secret_value(), pool_size=settings.auth_pool_size, seal=seal, pooled=pooled)
    # An export takes minutes: two at once, and they keep no request waiting.
    app.state.exports = engine(api.get_secret_value(), pool_size=EXPORTS, seal=seal, pooled=pooled)
    app.state.exporting = set()
    # One of its own: a flood of sign-ins that waits for connections delays no reading.
    watching = engine(auth.get_secret_value(), pool_size=1, seal=None, pooled=pooled)
    # Another: this watch waits for no request, and no request for it.
    watched = engine(api.get_secret_value(), pool_size=1, seal=seal, pooled=pooled)
    app.state.watch = Watch(partial(check, watched, "app_api", known(), head()), seconds=settings.watch_seconds)
    lifetime = timedelta(minutes=settings.token_minutes, seconds=2 * SKEW)
    app.state.ended = ended = Ended(watching, seconds=settings.revocation_seconds, lifetime=lifetime)
    issuer = Issuer(settings.issued) if settings.issued else None
    remembered = Remembered(ended, seconds=settings.token_minutes * 60)
    app.state.subjects = Subjects(issuer, app.state.auth, remembered) if issuer else None
    app.state.api_keys = keys = ApiKeys(app.state.auth, Remembered(ended, seconds=settings.token_minutes * 60))
    try:
        if issuer:
            await issuer.start()
        await check(app.state.api, "app_api", known(), head())
        await check(app.state.auth, "app_auth", known(), head())
        async with (
            ended.watched(),
            app.state.watch.watching(),
            app.state.outbox.sending(app.state.auth),
            beside(keys.noting()),
        ):
            yield
    finally:
        await watched.dispose()
        await app.state.api.dispose()
        await app.state.exports.dispose()
        await app.state.auth.dispose()
        await watching.dispose()


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
