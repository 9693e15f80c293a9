"""A Postgres server is launched apart from the terminal, recognised by its data folder, and stopped in order."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil
import psycopg

from db import account


def launch(data: Path, log: Path, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the server on its data; it may still fail, so wait with `answers`."""
    me = account.server_account()
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        account.give(log, account.keeper())
        return subprocess.Popen(
            [
                *account.unprivileged(me, data),
                str(account.binaries() / "postgres"),
                "-D",
                str(data),
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            cwd="/",
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A session of its own: Ctrl-C in the terminal reaches Python alone, which then stops the server in order.
            start_new_session=True,
        )


def answers(server: subprocess.Popen[bytes], url: str, patience: float = 120) -> bool:
    """Wait until the server takes connections; False when it has ended or has not managed in `patience` seconds."""
    deadline = time.monotonic() + patience
    while server.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return True
    return False


def free_port(wanted: int = 0) -> int:
    """A free port of 127.0.0.1: the wanted one if it is free."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            # As Postgres does: a port whose last connections are only fading away is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("127.0.0.1 has no free port")


def environment() -> dict[str, str]:
    """What the server inherits: none of our secrets and no PG variable, and messages in English."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def postmaster(data: Path) -> psutil.Process | None:
    """The live server of this data folder, if any; a recycled process id is not mistaken for one."""
    try:
        process = psutil.Process(int((data / "postmaster.pid").read_text().split("\n", 1)[0]))
        # A postmaster works inside its data folder, whatever path it was started with.
        return process if process.name() == "postgres" and data.samefile(process.cwd()) else None
    except (OSError, ValueError, psutil.Error):
        return None


def stop(process: psutil.Process | subprocess.Popen[bytes], patience: float = 60) -> None:
    """Stop a postmaster: sessions are ended and the data is left clean; if it does not listen, at once.

    Source: PostgreSQL manual, "Shutting Down the Server" (SIGINT is a fast shutdown, SIGQUIT an immediate one).
    """
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        try:
            process.send_signal(number)
            process.wait(patience)
        except (psutil.TimeoutExpired, subprocess.TimeoutExpired):
            continue
        except psutil.NoSuchProcess:
            pass
        return
