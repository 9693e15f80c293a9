"""Processes under measurement: an API behind one keep-alive connection, ended with the block."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from bench.client import Client
from db.processes import free_port


class Server(NamedTuple):
    """An HTTP server's process and the connection to it."""

    pid: int
    client: Client


@contextmanager
def http(factory: str, env: Mapping[str, str]) -> Iterator[Server]:
    """A uvicorn of one worker."""
    port = free_port()
    options = f"--factory --host 127.0.0.1 --port {port} --loop uvloop --http httptools --no-access-log --log-level warning"
    # A side that waits for its turn keeps its connection.
    options += " --timeout-keep-alive 600"
    with process([sys.executable, "-m", "uvicorn", factory, *options.split()], env) as server:
        deadline = time.monotonic() + 30
        while not _listens(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{factory} does not answer")
            time.sleep(0.05)
        with Client(port) as client:
            yield Server(server.pid, client)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def process(words: list[str], env: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process that is talked to over its standard input."""
    started = subprocess.Popen(words, env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield started
    finally:
        started.terminate()
        started.wait(20)
