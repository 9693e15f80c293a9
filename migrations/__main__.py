"""`python -m migrations upgrade|downgrade|revision|check|history|audit|effective`: see `make help`."""

import logging
import sys
from collections.abc import Iterator
from contextlib import nullcontext

import psycopg
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from db.embedded import owner_url
from db.logins import given_url
from db.refusal import Refusal
from db.settings import clone, psycopg_url
from migrations import audit, pgrls
from migrations.access import facts
from migrations.fresh import empty_url, fresh_url
from migrations.lint import findings
from migrations.page import page, verdict
from migrations.run import check, config, downgrade, revision, upgrade
from migrations.steps import steps
from migrations.words import changes
from policies import effective

USAGE = """Say one of: upgrade, downgrade <revision>, revision <message>, check [--fresh], history [<after>],
audit [--json|--html], effective."""

PAGE = clone() / ".data" / "audit.html"


def judge(url: str) -> None:
    """Each revision's SQL, as it is sent to an empty database.

    Raises: Refusal with all that was found.
    """
    if found := [finding for step in steps(config(url)) for finding in findings(step)]:
        raise Refusal(
            "\n".join([*found, "See docs/migrations.md for the safe way, or for arguing the finding in its revision."])
        )


def lint(url: str) -> None:
    """The database as pgrls sees it.

    Raises: Refusal with all that was found.
    """
    if found := [f"{rule} {name}: {message}" for rule, name, message in pgrls.findings(url)]:
        raise Refusal("\n".join([*found, "pgrls found this: mend it, or argue it in migrations/pgrls.toml."]))


def compare(url: str) -> None:
    """Models and policies against the database, and the database against `policies/effective.sql`.

    Raises: Refusal with what differs, and what to do.
    """
    try:
        check(url)
    except CommandError as error:
        raise Refusal(f'{error}\nRun `make revision m="…"` to write what is missing, or `make migrate` to apply it.') from error
    if effective.stale(text(url)):
        raise Refusal("policies/effective.sql is not what the catalog says: run `make effective` and read its diff")
    print("models, policies, migrations and policies/effective.sql agree")


def history(url: str, since: str) -> Iterator[str]:
    """What each revision after `since` changes in access, read from an empty database that is brought up meanwhile."""
    with psycopg.connect(psycopg_url(url), autocommit=True) as connection:
        before = facts(connection)
        for step in steps(config(url)):
            after = facts(connection)
            if step.script.revision > since:
                yield f"{step.script.revision} {step.script.doc}"
                yield from (f"  {line}" for line in changes(before, after) or ["nothing in access"])
            before = after


def write(url: str, message: str) -> None:
    """A revision with all that differs, and what it makes of `policies/effective.sql`.

    Raises: Refusal where it has to be mended by hand before it runs.
    """
    paths = revision(url, message).replace(f"{clone()}/", "")
    try:
        upgrade(url)
    except (DBAPIError, CommandError) as error:
        reason = str(error).partition("\n")[0]
        raise Refusal(f"wrote {paths}, which does not run as it is: mend it, then `make effective` ({reason})") from error
    effective.FILE.write_text(text(url))
    print(f"wrote {paths} and policies/effective.sql: read both, then `make migrate`")


def tell(live: audit.Live, found: list[audit.Finding], form: str) -> None:
    """Prints it, or writes the page and prints where."""
    if form == "--json":
        print(audit.as_json(found))
    elif form == "--html":
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(live, found))
        print(PAGE)
    else:
        counted = f"{len(live.rules)} rules, {len(live.catalog)} objects compared"
        print("\n".join(filter(None, [audit.as_table(found), f"{live.name}: {verdict(found).lower()} ({counted})"])))


def text(url: str) -> str:
    """What the catalog of the database grants, in words."""
    with psycopg.connect(psycopg_url(url)) as connection:
        return effective.effective(connection)


def main(arguments: list[str]) -> None:
    """Runs one command."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    match arguments:
        case ["upgrade"]:
            with owner_url() as url:
                upgrade(url)
                print("the database is at the newest revision")
        case ["downgrade", target]:
            with owner_url() as url:
                downgrade(url, target)
        case ["revision", message]:
            with fresh_url() as url:
                write(url, message)
        case ["check"]:
            with owner_url() as url:
                compare(url)
        case ["check", "--fresh"]:
            with empty_url() as url:
                judge(url)
                compare(url)
                lint(url)
        case ["history", *since]:
            with empty_url() as url:
                print("\n".join(history(url, *since[:1] or [""])))
        case ["audit"] | ["audit", "--json" | "--html"]:
            with nullcontext(given_url("auditor")) if given_url("auditor") else owner_url() as url:
                live, found = audit.audit(str(url))
            tell(live, found, arguments[-1])
            sys.exit(any(finding.severity == "error" for finding in found))
        case ["effective"]:
            with fresh_url() as url:
                effective.FILE.write_text(text(url))
                print("wrote policies/effective.sql")
        case _:
            raise Refusal(USAGE)


if __name__ == "__main__":
    main(sys.argv[1:])
