"""Limits of a request: its body's size, its time, and its client's patience; what is cancelled is rolled back, whole."""

import asyncio
from typing import cast

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem

TOO_SLOW = Problem(503, "This took too long and was cancelled; try again.", headers={"Retry-After": "5"})
DEADLINE = "rowkeep.deadline"


def extend(scope: Scope, seconds: float) -> None:
    """From now on a request has so many seconds; for an answer that is sent in parts, each of which takes its time."""
    scope[DEADLINE].reschedule(asyncio.get_running_loop().time() + seconds)


class Limits:
    """ASGI: refuses a body that is too large, announced or counted; cancels a request after `seconds`, or at a hang-up.

    FastAPI has a limit of its own for bodies, which answers in plain text.
    """

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, seconds: float) -> None:
        self.app, self.max_body_bytes, self.seconds = app, max_body_bytes, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        exchange = Exchange(receive, send)
        try:
            async with asyncio.timeout(self.seconds) as scope[DEADLINE]:
                body = await exchange.body(scope, self.max_body_bytes)
                if body is not None:
                    await exchange.answer(self.app, scope, body)
        except Problem as problem:
            await problem.response()(scope, receive, send)
        except TimeoutError:
            if exchange.started:
                raise
            await TOO_SLOW.response()(scope, receive, send)


class Exchange:
    """One request and its answer."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.receive, self.send = receive, send
        self.started = self.finished = self.hung_up = False

    async def body(self, scope: Scope, limit: int) -> bytes | None:
        """The whole body; None where the client hung up in the middle of it: half a body is no request.

        Raises: Problem 413.
        """
        too_large = Problem(413, f"The body is larger than {limit} bytes.")
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or len(announced) > 18 or int(announced) > limit:
            raise too_large
        body, more = bytearray(), True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > limit:
                raise too_large
        return bytes(body)

    async def answer(self, app: ASGIApp, scope: Scope, body: bytes) -> None:
        """Runs the application, and cancels it when the client hangs up before the answer is out."""
        task = cast("asyncio.Task[None]", asyncio.current_task())
        watcher = asyncio.create_task(self._watch(task))
        try:
            await app(scope, _replay(body), self._send)
        except asyncio.CancelledError:
            if not self.hung_up:
                raise
            task.uncancel()
        finally:
            watcher.cancel()

    async def _watch(self, task: "asyncio.Task[None]") -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        # Servers say "disconnected" after a whole answer too: what follows it is not to be cancelled.
        if not self.finished:
            self.hung_up = True
            task.cancel()

    async def _send(self, message: Message) -> None:
        self.started = True
        self.finished = message["type"] == "http.response.body" and not message.get("more_body")
        await self.send(message)


def _replay(body: bytes) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if messages:
            return messages.pop()
        never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        return await never  # a hang-up cancels it

    return receive
