"""The server that a test run uses: embedded by default, or the one that TEST_POSTGRES names; one migrated template."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from db import processes
from db.embedded import Cluster
from db.logins import set_password
from db.refusal import Refusal
from db.seal import accept, decoded
from db.settings import clone, psycopg_url
from migrations import upgrade
from tests.sealing import seal_key

TEMPLATE = "rowkeep_template"
SERVER, PASSWORD = "ROWKEEP_TEST_SERVER", "ROWKEEP_TEST_PASSWORD"
MEMORY, PLENTY = Path("/dev/shm"), 4e9  # bytes
# Of this clone alone: another's run may be about to start its server.
PREFIX = f"rowkeep-test-{sha256(str(clone()).encode()).hexdigest()[:8]}-"


class Database(NamedTuple):
    """One database's URLs, by who connects."""

    name: str
    owner: str
    api: str
    auth: str


@contextmanager
def running() -> Iterator[str]:
    """The superuser's URL of the server, for as long as the run lasts.

    Raises: pytest.UsageError saying what to do, where the server that was asked for does not answer.
    """
    wanted = os.environ.get("TEST_POSTGRES", "")
    if wanted == "container":
        with container() as url:
            yield url
    elif wanted:
        yield psycopg_url(wanted)
    else:
        sweep(room())
        with fleeting() as cluster:
            yield cluster.url()


@contextmanager
def fleeting() -> Iterator[Cluster]:
    """An embedded server of one's own; nothing of it is left."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=room()) as folder:
        # As root, the server runs as another account, which has to get in.
        Path(folder).chmod(0o711)
        with Cluster(Path(folder) / "pg", durable=False) as cluster:
            yield cluster


def room() -> Path:
    """Where the server's files are: in memory where there is plenty, since a clone is a thousand files, which takes ext4 60 to
    180 ms and tmpfs 16.
    """
    with suppress(OSError):
        if shutil.disk_usage(MEMORY).free > PLENTY:
            return MEMORY
    data = clone() / ".data"
    data.mkdir(exist_ok=True)
    return data


def sweep(data: Path) -> None:
    """Removes what test runs that were killed have left: their server, then their folder."""
    for left in data.glob(f"{PREFIX}*"):
        cluster = Cluster(left / "pg")
        with suppress(Refusal):  # a run that is still alive holds its folder
            cluster.claim()
            if server := processes.postmaster(cluster.data):
                processes.stop(server)
            cluster.stop()
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def container() -> Iterator[str]:
    """`postgres:18` through testcontainers."""
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - slow to import, and rarely wanted

    try:
        started = PostgresContainer("postgres:18", driver=None).start()
    except Exception as error:
        raise pytest.UsageError(
            "TEST_POSTGRES=container: no container engine gave us postgres:18. Start Docker or Podman, "
            f"or leave TEST_POSTGRES unset for the embedded server. ({type(error).__name__}: {error})"
        ) from error
    try:
        yield started.get_connection_url()
    finally:
        started.stop()


def at(url: str, database: str, user: str | None = None, password: str | None = None) -> str:
    """The same server, another database or login."""
    parts = conninfo_to_dict(url)
    login = user or parts["user"]
    secret = password or parts.get("password")
    return f"postgresql://{login}{':' + str(secret) if secret else ''}@{parts['host']}:{parts.get('port', 5432)}/{database}"


def prepare(url: str) -> None:
    """Makes the template, and gives the logins passwords for this run."""
    os.environ[SERVER], os.environ[PASSWORD] = url, secrets.token_urlsafe(16)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(TEMPLATE)))
        connection.execute(sql.SQL("create database {} template template0 encoding 'UTF8'").format(sql.Identifier(TEMPLATE)))
        upgrade(at(url, TEMPLATE))
        for login in ("app_api", "app_auth"):
            set_password(connection, login, os.environ[PASSWORD])
    if key := seal_key():
        with psycopg.connect(at(url, TEMPLATE)) as owner:
            accept(owner, decoded(key))


@contextmanager
def cloned(name: str, template: str | None = TEMPLATE) -> Iterator[Database]:
    """A database of its own, from the template or empty; dropped afterwards."""
    url, password = os.environ[SERVER], os.environ[PASSWORD]
    made = sql.SQL("create database {} template {}").format(sql.Identifier(name), sql.Identifier(template or "template0"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
        connection.execute(made)
        if template:
            # A clone has the template's grants inside, but a database's own are not copied.
            connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL("grant connect on database {} to app_api, app_auth, app_auditor").format(sql.Identifier(name))
            )
    try:
        yield Database(name, at(url, name), at(url, name, "app_api", password), at(url, name, "app_auth", password))
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))
