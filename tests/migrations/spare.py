"""A server whose roles a test may break: roles belong to the cluster, and the other tests stand on those of theirs."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from db import account, datadir
from db.embedded import Cluster
from tests.server import SERVER, fleeting

QUERY = "select setting, current_setting('server_version_num')::int from pg_config where name = 'BINDIR'"


@contextmanager
def spare() -> Iterator[Cluster]:
    """One of the version that the run uses, if its programs are on this machine; else the embedded one."""
    with psycopg.connect(os.environ[SERVER]) as connection:
        row = connection.execute(QUERY).fetchone()
    assert row is not None
    with pytest.MonkeyPatch.context() as patch:
        if (Path(row[0]) / "initdb").exists():
            patch.setattr(account, "binaries", lambda: Path(row[0]))
            if row[1] < 170000:  # the builtin provider of locales came with 17
                patch.setattr(datadir, "LOCALE", ["--encoding=UTF8", "--locale=C"])
        with fleeting() as cluster:
            yield cluster


def bare(cluster: Cluster) -> None:
    """Takes every database and role away that is not the cluster's own."""
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        for (name,) in connection.execute("select datname from pg_database where datname like 'test%'").fetchall():
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        memberships = """
            select format('revoke %I from %I', m.roleid::regrole::text, m.member::regrole::text)
              || case when current_setting('server_version_num')::int >= 160000
                 then format(' granted by %I', m.grantor::regrole::text) else '' end || ' cascade'
            from pg_auth_members m where m.member >= 16384"""
        for (statement,) in connection.execute(memberships).fetchall():
            connection.execute(statement)
        roles = "select rolname from pg_roles where rolname !~ '^pg_' and rolname <> current_user"
        for (name,) in connection.execute(roles).fetchall():
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def as_superuser(cluster: Cluster, *statements: str) -> None:
    """Runs statements in the database `postgres`, each committed by itself."""
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
