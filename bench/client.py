"""A keep-alive HTTP client that does next to nothing, so that it does not slow the server that is measured."""

import socket
from types import TracebackType
from typing import Self


class Client:
    """One connection to a port of 127.0.0.1, with one request at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.file.close()
        self.socket.close()

    def send(self, ask: bytes) -> bytes:
        """One request and the body of its answer.

        Raises: RuntimeError unless it is 200 or 201.
        """
        self.socket.sendall(ask)
        status = self.file.readline().split(b" ", 2)[1]
        length = 0
        while (line := self.file.readline()) not in {b"\r\n", b""}:
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        body = self.file.read(length)
        if status not in {b"200", b"201"}:
            raise RuntimeError(f"{status.decode()}: {body.decode()}")
        return body


def request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "host: 127.0.0.1", "accept: application/json", f"authorization: Bearer {token}"]
    if body:
        lines += ["content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
