"""Health: alive says that the process answers, ready that the database behind it does."""

from fastapi import APIRouter, Request

from api.guard import refused
from api.problems import Problem
from db.boot import revision

router = APIRouter(tags=["health"])


@router.get("/livez")
async def live() -> dict[str, str]:
    """The process answers; the database is not asked."""
    return {"status": "alive"}


@router.get("/readyz")
async def ready(request: Request) -> dict[str, str]:
    """The database answers, at a revision that this code serves, and holds what it promises."""
    if request.app.state.watch.refusal:
        raise refused()
    try:
        head = await revision(request.app.state.api)
    except Exception as error:
        raise Problem(503, "The database does not answer.", headers={"Retry-After": "5"}) from error
    return {"status": "ready", "revision": head}
