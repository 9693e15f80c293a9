"""Nothing but its health is answered while the database is weaker than promised."""

from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import Problem

# A list of what is refused would forget the next route.
SERVED = {"/livez", "/readyz"}


def refused() -> Problem:
    """What differs is in the log; whoever asks may be who weakened it."""
    return Problem(503, "The database does not hold what it promises; nothing is served.", headers={"Retry-After": "5"})


class Guard:
    """ASGI: asks the watch of `app.state`, which costs no round trip."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in SERVED and scope["app"].state.watch.refusal:
            await refused().response()(scope, receive, send)
        else:
            await self.app(scope, receive, send)
