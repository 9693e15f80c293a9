"""Throw-away logins, with names of their own and gone after the test, since roles are the cluster's; what a boot says."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
from psycopg import sql

from db.boot import check
from db.refusal import Refusal
from db.revisions import head, known
from tests.sealing import pool
from tests.server import Database, at


class Roles:
    """Makes roles in one database's cluster, as its superuser."""

    def __init__(self, database: Database, owner: psycopg.Connection[tuple[object, ...]]) -> None:
        self.database, self.owner, self.made = database, owner, ExitStack()

    def make(self, attributes: str = "nologin", *, member_of: tuple[str, ...] = ()) -> str:
        """A role's name."""
        name = f"throwaway_{secrets.token_hex(8)}"
        role = sql.Identifier(name)
        self.owner.execute(sql.SQL("create role {} noinherit " + attributes).format(role))
        self.made.callback(self._drop, role)
        for other in member_of:
            self.owner.execute(sql.SQL("grant {} to {}").format(sql.Identifier(other), role))
        return name

    def login(self, attributes: str = "", *, member_of: tuple[str, ...] = ("app_user", "app_guest", "app_trash")) -> str:
        """A login's URL; like app_api but for the attributes and memberships."""
        password = secrets.token_hex(8)
        name = self.make(f"login {attributes} password '{password}'", member_of=member_of)
        database, role = sql.Identifier(self.database.name), sql.Identifier(name)
        self.owner.execute(sql.SQL("grant connect on database {} to {}").format(database, role))
        self.owner.execute(sql.SQL("grant usage on schema audit to {}").format(role))
        self.owner.execute(sql.SQL("grant execute on function audit.state() to {}").format(role))
        return at(self.database.owner, self.database.name, name, password)

    def _drop(self, role: sql.Identifier) -> None:
        self.owner.execute(sql.SQL("reassign owned by {} to app_owner").format(role))
        self.owner.execute(sql.SQL("drop owned by {}").format(role))
        self.owner.execute(sql.SQL("drop role {}").format(role))


@contextmanager
def roles(database: Database) -> Iterator[Roles]:
    """The roles of one test."""
    with psycopg.connect(database.owner, autocommit=True) as owner:
        made = Roles(database, owner)
        with made.made:
            yield made


async def refusal(
    url: str, login: str = "app_api", *, codes: set[str] | None = None, needs: str | None = None, pooled: bool = False
) -> str:
    """The sentence of a refused boot, or nothing."""
    engine = pool(url, pool_size=1, pooled=pooled)
    try:
        await check(engine, login, codes or known(), needs or head())
    except Refusal as refused:
        return str(refused)
    else:
        return ""
    finally:
        await engine.dispose()
