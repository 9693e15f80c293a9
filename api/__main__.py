"""`make run`: serves the API, on an embedded Postgres unless DATABASE_URL is set, and leaves nothing running behind."""

import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from types import FrameType

import uvicorn

import migrations
from db import local
from db.embedded import DATABASE, RUN, Cluster
from db.logins import LOGINS
from db.refusal import Refusal

WELCOME = """
Rowkeep answers on {base}; Ctrl-C stops it. Its documentation, to try it in: {base}/docs

Sign up, get a token, write a note, list your notes:

  curl -sS -w '\\n' {base}/v1/auth/signup -H 'content-type: application/json' -d '{{"email": "ada@example.com", "password": "correct horse battery", "name": "Ada"}}'
  TOKEN=$(curl -sS {base}/v1/auth/token -d username=ada@example.com --data-urlencode 'password=correct horse battery' | python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
  curl -sS -w '\\n' {base}/v1/notes -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '{{"title": "First", "body": "Only mine"}}'
  curl -sS -w '\\n' {base}/v1/notes -H "authorization: Bearer $TOKEN"

Look as a DBA, from another terminal in this folder:

  make psql ROLE=owner
"""  # noqa: E501 - each line is to be pasted whole


def main() -> None:
    """Serve until Ctrl-C or SIGTERM; then stop what was started."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    with suppress(KeyboardInterrupt):
        _run(os.environ.get("HOST", "127.0.0.1"), _port())


def _run(host: str, port: int) -> None:
    if os.environ.get("DATABASE_URL"):
        _check_free(host, port)
        _serve(host, port)
        return
    if others := [login.variable for login in LOGINS.values() if os.environ.get(login.variable)]:
        # Serving an empty embedded database to somebody who meant a real one would look like lost data.
        raise Refusal(f"{others[0]} is set and DATABASE_URL is not: set both, or neither for the embedded database.")
    cluster = Cluster(RUN)
    # Both may be refused, so both come before anything slow.
    cluster.claim()
    _check_free(host, port)
    # Alembic's log says which revision runs, after two lines about itself.
    logging.basicConfig(format="%(message)s", stream=sys.stdout)
    logging.getLogger("alembic.runtime.migration").addFilter(lambda record: record.msg.startswith("Running"))
    _say("Starting PostgreSQL")
    with cluster:
        cluster.create_database(DATABASE)
        migrations.upgrade(cluster.url(database=DATABASE))
        local.open_logins(cluster)
        os.environ.update(local.environment(cluster))
        _serve(host, port)
    _say("PostgreSQL has stopped; the data stays in .data/run")


class Server(uvicorn.Server):
    """Says how to call it once it really answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            host = f"[{self.config.host}]" if ":" in self.config.host else self.config.host
            _say(WELCOME.format(base=f"http://{host}:{self.config.port}"))


def _serve(host: str, port: int) -> None:
    server = Server(uvicorn.Config("api.app:create_app", factory=True, host=host, port=port, timeout_graceful_shutdown=10))
    # Once it has stopped in good order, uvicorn raises the signal again that made it stop.
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(1)


def _port() -> int:
    word = os.environ.get("PORT") or "8000"
    if not word.isascii() or not word.isdigit() or not 0 < int(word) < 65536:
        raise Refusal(f"PORT is {word!r}: give a number from 1 to 65535.")
    return int(word)


def _check_free(host: str, port: int) -> None:
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        raise Refusal(f"Port {port} of {host} cannot be used ({error.strerror}): try make run PORT={port + 1}") from error


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
