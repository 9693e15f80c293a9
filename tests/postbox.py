"""A real SMTP server on a free port, which takes mails, refuses them for a while, or hangs."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.smtp import SMTP

from tests.faults.settled import until


class Postbox:
    """What came, and how the next command is answered."""

    def __init__(self) -> None:
        self.port, self.mails, self.transcript = 0, list[Message](), list[str]()
        self.refusals: list[str] = []
        self.hangs = False
        self.hung = asyncio.Event()

    @property
    def url(self) -> str:
        """For SMTP_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        """Refuses as often as it was told to."""
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Has the mail, and says so or not."""
        self.mails.append(message_from_bytes(envelope.content))
        if self.hangs:
            self.hung.set()
            await asyncio.Event().wait()
        return "250 taken"

    async def to(self, address: str, count: int = 1) -> Message:
        """The newest of so many mails to the address, once they have come."""
        await until(lambda: len(self._to(address)) >= count)
        return self._to(address)[-1]

    async def token(self, address: str, count: int = 1) -> str:
        """The token in it."""
        return await self.token_like(address, r"#token=([\w-]+)", count)

    async def token_like(self, address: str, pattern: str, count: int = 1) -> str:
        """The same of another shape."""
        found = re.search(pattern, str((await self.to(address, count)).get_payload()))
        assert found is not None
        return found[1]

    def _to(self, address: str) -> list[Message]:
        return [mail for mail in self.mails if mail["To"] == address]


@asynccontextmanager
async def postbox() -> AsyncIterator[Postbox]:
    """Listens for as long as the block lasts."""
    box = Postbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="postbox", loop=loop), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
