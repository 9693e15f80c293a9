"""A TCP proxy before Postgres that counts round trips by reading the protocol, never by timing."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from psycopg.conninfo import conninfo_to_dict

from db.reset import NAME

RESETS = NAME.partition(b"%")[0]


@dataclass
class Wire:
    """What crossed the wire since `reset`. A pipeline that ends in one Sync makes each count 1.

    `answers` are ReadyForQuery messages; `turns` are times that a client spoke after the server had; `asked` are those
    client messages that want an answer (Sync, Query, and a Flush of something); `sql` is every text that was sent, parameters
    apart.
    What resets a session that was handed back is counted apart, in `resets`: no request waits for it. Where it follows a
    COMMIT a Flush asks for the answer of all before it, and one Sync ends both; `syncs` are all of them, at each of which libpq
    writes.
    Source: PostgreSQL manual, "Message Flow" and "Message Formats".
    """

    connections: int = 0
    answers: int = 0
    turns: int = 0
    asked: int = 0
    sql: list[str] = field(default_factory=list)
    resets: int = 0
    syncs: int = 0

    def reset(self) -> None:
        """Counting starts anew."""
        self.__init__()  # type: ignore[misc]

    @property
    def round_trips(self) -> int:
        """The one number that all three counts agree on.

        Raises: AssertionError where they do not.
        """
        assert self.turns == self.answers == self.asked, self
        return self.turns


class Line:
    """One client's connection: tells the wire what each side says."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.server_spoke = False
        self.started = False
        self.unanswered = False
        self.flushed = False
        self.resetting = False
        self.awaited = deque[bool]()  # for each ReadyForQuery to come, whether it is a reset's
        self.shared = False  # the next one is a reset's, and what it follows is still to be answered
        self._from_client, self._from_server = bytearray(), bytearray()

    def client(self, data: bytes) -> None:
        """Client to server; the first message has no type."""
        self._from_client += data
        if not self.started:
            if len(self._from_client) < 4 or len(self._from_client) < int.from_bytes(self._from_client[:4], "big"):
                return
            del self._from_client[: int.from_bytes(self._from_client[:4], "big")]
            self.started = True
            self.wire.connections += 1
        for kind, body in messages(self._from_client):
            if kind == "X" or (kind == "H" and not self.unanswered):
                continue
            # Parse says the statement's name first, Bind behind the portal's.
            if not self.resetting and kind in "PB" and body.split(b"\0")[kind == "B"].startswith(RESETS):
                self.resetting, self.shared = True, self.flushed
                self.wire.resets += 1
            self.flushed = kind == "H"
            self.wire.syncs += kind == "S"
            if kind in "SQ":
                self.awaited.append(self.resetting)
            if self.resetting:
                self.resetting = kind != "S"
                continue
            self.unanswered = kind not in "SQH"
            self.wire.turns += self.server_spoke
            self.server_spoke = False
            self.wire.asked += kind in "SQH"
            if kind == "Q":
                self.wire.sql.append(body.partition(b"\0")[0].decode())
            elif kind == "P":
                self.wire.sql.append(body.split(b"\0")[1].decode())

    def server(self, data: bytes) -> None:
        """Server to client."""
        self._from_server += data
        for kind, body in messages(self._from_server):
            resets = self.awaited and self.awaited[0]
            if kind == "Z" and self.awaited:  # the first comes unasked
                self.awaited.popleft()
            ends = kind == "Z"
            if resets and self.shared:
                # Of what the Flush asks for, COMMIT or an error is the last word.
                ends = kind == "E" or (kind == "C" and body == b"COMMIT\0")
                self.shared = not ends
            elif resets:
                continue
            self.server_spoke = True
            self.wire.answers += ends


def messages(buffer: bytearray) -> Iterator[tuple[str, bytes]]:
    """Takes whole messages off the buffer: type and body."""
    while len(buffer) >= 5 and len(buffer) > (length := int.from_bytes(buffer[1:5], "big")):
        kind, body = chr(buffer[0]), bytes(buffer[5 : length + 1])
        del buffer[: length + 1]
        yield kind, body


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[tuple[str, Wire]]:
    """The URL with a proxy in between, and what crosses it."""
    parts, wire, lines = conninfo_to_dict(url), Wire(), set[asyncio.Task[None]]()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(wire)
        server_reader, server_writer = await asyncio.open_connection(str(parts["host"]), int(parts.get("port") or 5432))
        there = asyncio.create_task(_pump(reader, server_writer, line.client))
        back = asyncio.create_task(_pump(server_reader, writer, line.server))
        lines.update((there, back))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    options = "sslmode=disable&gssencmode=disable"
    try:
        secret = f":{parts['password']}" if parts.get("password") else ""
        yield f"postgresql://{parts['user']}{secret}@127.0.0.1:{port}/{parts['dbname']}?{options}", wire
    finally:
        server.close()
        await asyncio.gather(*lines, return_exceptions=True)
        await server.wait_closed()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tell: Callable[[bytes], None]) -> None:
    # A dropped connection is the other side's to notice.
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            tell(data)
            writer.write(data)
            await writer.drain()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()
