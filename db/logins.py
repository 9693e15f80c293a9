"""Each role that somebody connects as has one login, one variable with its URL, and a password that no log has."""

import os
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo


@dataclass(frozen=True)
class Login:
    """Who connects, and the environment variable that says where to."""

    variable: str
    user: str


LOGINS = {
    "owner": Login("OWNER_DATABASE_URL", "postgres"),
    "api": Login("DATABASE_URL", "app_api"),
    "auth": Login("AUTH_DATABASE_URL", "app_auth"),
    "auditor": Login("AUDITOR_DATABASE_URL", "auditor"),
}


def given_url(role: str) -> str | None:
    """The URL of a role from the environment, in the form that libpq reads, or None."""
    url = os.environ.get(LOGINS[role].variable)
    return url.replace("postgresql+psycopg://", "postgresql://", 1) if url else None


def set_password(owner: psycopg.Connection[tuple[object, ...]], user: str, password: str) -> None:
    """Give a login its password; the server and its log see a SCRAM verifier only.

    Source: PostgreSQL manual, "PQencryptPasswordConn".
    """
    verifier = owner.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256").decode()
    statement = "alter role {} login password {}"
    owner.execute(sql.SQL(statement).format(sql.Identifier(user), sql.Literal(verifier)))


def make_auditor(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    """Make the login `auditor` for a DBA, unless it is there: it has what `app_auditor` has, without asking."""
    user = LOGINS["auditor"].user
    if owner.execute("select from pg_roles where rolname = %s", [user]).rowcount == 0:
        # INHERIT before the grant: from 16 on, a membership keeps what its member was when it was granted.
        owner.execute(sql.SQL("create role {} login inherit").format(sql.Identifier(user)))
        owner.execute(sql.SQL("grant app_auditor to {}").format(sql.Identifier(user)))


def apart(url: str) -> tuple[str, str | None]:
    """A URL as a connection string that may be seen by others in `ps`, and its password that may not."""
    parts = conninfo_to_dict(url)
    password = parts.pop("password", None)
    return make_conninfo("", **parts), None if password is None else str(password)
