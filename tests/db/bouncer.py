"""A PgBouncer in transaction mode before a test's database; it stops with the block."""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg.conninfo import conninfo_to_dict

from db.processes import free_port
from tests.faults.settled import until
from tests.server import Database

INI = """
[databases]
{name} = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listens}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
default_pool_size = {size}
server_reset_query = DISCARD ALL
{always}
"""
NOBODY = 65534
# Debian puts it where only root looks.
PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


@asynccontextmanager
async def bouncing(database: Database, always: str, *, size: int = 2) -> AsyncIterator[Database]:
    """The database's URLs through `size` server connections for each login."""
    urls = [conninfo_to_dict(url) for url in (database.api, database.auth)]
    listens = free_port()
    with TemporaryDirectory(prefix="rowkeep-bouncer-") as name:
        folder = Path(name)
        users, ini = folder / "users.txt", folder / "pgbouncer.ini"
        users.write_text("".join(f'"{url["user"]}" "{url["password"]}"\n' for url in urls))
        where = {"host": urls[0]["host"], "port": urls[0].get("port", 5432), "name": database.name}
        ini.write_text(INI.format(**where, listens=listens, users=users, size=size, always=always))
        program = [str(PROGRAM), str(ini)]
        if os.geteuid() == 0:
            # It refuses to be root, and has to get at its files.
            for path in (folder, users, ini):
                os.chown(path, NOBODY, NOBODY)
            program = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *program]
        process = await asyncio.create_subprocess_exec(*program, stdout=DEVNULL, stderr=DEVNULL)
        api, auth = (f"postgresql://{url['user']}:{url['password']}@127.0.0.1:{listens}/{database.name}" for url in urls)

        def answers() -> bool:
            assert process.returncode is None, "pgbouncer has ended"
            try:
                psycopg.connect(api, connect_timeout=5).close()
            except psycopg.OperationalError:
                return False
            return True

        try:
            await until(answers)
            yield database._replace(api=api, auth=auth)
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
