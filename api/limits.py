"""Limits of a request: its body's size and its time; one that is cancelled is rolled back and leaves no half."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import Problem


class Limits:
    """ASGI: refuses a body that is too large, announced or counted, and cancels a request after `seconds`.

    FastAPI has a limit of its own, which answers in plain text.
    """

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, seconds: float) -> None:
        self.app, self.max_body_bytes, self.seconds = app, max_body_bytes, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit() or int(length) > self.max_body_bytes:
            problem = Problem(413, f"The body is larger than {self.max_body_bytes} bytes.")
            return await problem.response()(scope, receive, send)
        started, received = False, 0

        async def receiving() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_body_bytes:
                raise HTTPException(413, f"The body is larger than {self.max_body_bytes} bytes")
            return message

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            async with asyncio.timeout(self.seconds):
                await self.app(scope, receiving, sending)
        except TimeoutError:
            if started:
                raise
            problem = Problem(503, "This took too long and was cancelled; try again.", headers={"Retry-After": "5"})
            await problem.response()(scope, receive, send)
