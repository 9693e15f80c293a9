"""Puts the API together: one resource per table, the routes beside them, and what stands around every request."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from fastapi import FastAPI

from api import errors, openapi, routes
from api.auth import Keys
from api.guard import Guard
from api.lifespan import OneSentence, lifespan
from api.limits import Limits
from api.outbox import Outbox
from api.passwords import Passwords
from api.paths import Claims, claim
from api.resource import resource
from api.shares import shares
from api.throttle import Throttle
from api.totp import Factors
from db.models import tables
from db.settings import Settings, load
from db.shares import Share


def create_app(settings: Settings | None = None) -> FastAPI:
    """The ASGI application; without settings they come from the environment."""
    settings = settings or load()
    app = FastAPI(
        title="Rowkeep",
        description="Every row is yours or your workspace's; Postgres sees to it.",
        lifespan=lifespan,
        responses=openapi.RESPONSES,
        # A redirect would go to whatever Host the request names.
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.keys = Keys(settings.token_seeds)
    app.state.passwords = Passwords(settings)
    app.state.throttle = Throttle(settings)
    app.state.outbox = Outbox(settings)
    app.state.factors = Factors(settings)
    errors.install(app)
    app.add_middleware(Limits, max_body_bytes=settings.max_body_bytes, seconds=settings.request_seconds)
    app.add_middleware(Guard)
    app.add_middleware(OneSentence)
    claims: Claims = {}
    for module in iter_modules([str(Path(routes.__file__).parent)]):
        router = import_module(f"api.routes.{module.name}").router
        app.include_router(claim(claims, router, f"api/routes/{module.name}.py"))
    for model in tables():
        if model.__schema__ == "app":
            made = shares(model) if issubclass(model, Share) else resource(model)
            app.include_router(claim(claims, made, model.__table__.info["file"]))  # type: ignore[attr-defined]
    openapi.install(app)
    return app
