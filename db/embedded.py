"""An embedded PostgreSQL cluster in one folder: started, found again after any kind of death, and stopped."""

import fcntl
import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from db import account, datadir, processes
from db.account import CLONE
from db.refusal import Refusal

RUN = CLONE / ".data" / "run"
DATABASE = "rowkeep"
SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "timezone": "UTC", "log_timezone": "UTC"}
# For data that nobody will miss: tests.
FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}


class Cluster:
    """One PostgreSQL server and its data, used by one process at a time; `with` starts and stops it."""

    def __init__(self, folder: Path, *, durable: bool = True, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.data = self.folder / "data"
        self._durable = durable
        self._settings = SETTINGS | ({} if durable else FLEETING) | dict(settings or {})
        self._lock: IO[str] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return int((self.folder / "port").read_text())

    @property
    def running(self) -> bool:
        """Whether a server works on this folder, whoever started it."""
        return processes.postmaster(self.data) is not None

    def url(self, user: str = "postgres", database: str = "postgres", password: str | None = None) -> str:
        """A URL for libpq and SQLAlchemy alike; the superuser's password comes by itself."""
        if password is None and user == "postgres":
            password = (self.folder / "superuser").read_text()
        secret = f":{quote(password, safe='')}" if password else ""
        return f"postgresql://{quote(user, safe='')}{secret}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def create_database(self, name: str) -> None:
        """Make the database unless it is there."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            if connection.execute("select from pg_database where datname = %s", [name]).rowcount == 0:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    def claim(self) -> None:
        """Take the folder for this process, until `stop` or death; Refusal when another process has it."""
        if self._lock is not None:
            return
        try:
            datadir.make_folder(self.folder)
            lock = (self.folder / "lock").open("a+")
            account.give(self.folder / "lock", account.keeper())
        except PermissionError as error:
            raise Refusal(f"{self.folder} belongs to another account: use that one, or remove the folder.") from error
        try:
            # Postgres does not inherit it: the lock says that Python lives, not that a server does.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            holder = lock.read() or "unknown"
            lock.close()
            raise Refusal(f"Rowkeep already runs here, as process {holder}: stop that one first.") from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def start(self) -> None:
        """Bring the server up, with fresh data where there is none, and return when it answers."""
        self.claim()
        try:
            if left := processes.postmaster(self.data):
                processes.stop(left)
            # We hold the lock and no server lives: after a reboot its process id may be somebody else's.
            (self.data / "postmaster.pid").unlink(missing_ok=True)
            if not self.data.exists():
                datadir.make_data(self.folder, durable=self._durable)
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every session, leave the data clean, and let go of the folder."""
        if self._server is not None:
            processes.stop(self._server)
            self._server = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _launch(self) -> None:
        log = self.folder / "log"
        deadline = time.monotonic() + 15
        while True:
            port = processes.free_port(self._last_port())
            datadir.write_private(self.folder / "port", str(port))
            self._server = processes.launch(self.data, log, self._settings | {"port": str(port)})
            if processes.answers(self._server, self.url()):
                return
            tail = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-20:])
            # The port was taken just now, or the children of a killed server are still on their way out.
            passing = "could not bind" in tail or "still in use" in tail
            if not passing or time.monotonic() > deadline:
                raise Refusal(f"PostgreSQL did not start on {self.data}; its log ends:\n{tail}")
            time.sleep(0.5)

    def _last_port(self) -> int:
        with suppress(OSError, ValueError):
            return self.port
        return 0


@contextmanager
def owner_url() -> Iterator[str]:
    """The URL that migrations use: OWNER_DATABASE_URL, else the running embedded database, else one started for now."""
    if url := os.environ.get("OWNER_DATABASE_URL"):
        yield url
        return
    cluster = Cluster(RUN)
    with nullcontext() if cluster.running else cluster:
        cluster.create_database(DATABASE)
        yield cluster.url(database=DATABASE)
