"""The migration commands as functions of an owner's URL."""

import logging
import time
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from db.refusal import Refusal
from db.settings import psycopg_url
from migrations.apart import apart
from migrations.expected import facts, record
from migrations.patience import patiently

FOLDER = Path(__file__).parent
ROLES = FOLDER.parent / "policies" / "roles.sql"
# Two databases of one cluster that make the same roles at once collide in the shared catalog; the second try finds them.
COLLISIONS = (psycopg.errors.UniqueViolation, psycopg.errors.DuplicateObject, psycopg.errors.InternalError_)


def config(owner_url: str = "", **attributes: Any) -> Config:
    """Alembic's configuration, from code alone.

    Raises: Refusal for a pooler's host: the role that migrations set would stay behind on another client's connection.
    """
    if "-pooler." in owner_url.rpartition("@")[2].partition("/")[0]:
        raise Refusal("OWNER_DATABASE_URL names a pooler: migrations need the direct host, the same name without `-pooler`")
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    made.set_main_option("path_separator", "os")
    made.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    made.attributes.update(owner_url=owner_url, **attributes)
    return made


def scripts() -> ScriptDirectory:
    """The revisions that this code knows."""
    return ScriptDirectory.from_config(config())


def head() -> str:
    """The revision that this code needs."""
    return scripts().get_current_head() or ""


def roles(owner_url: str) -> None:
    """Makes roles, schemas and database grants; changes nothing where they are as they should be."""
    for attempt in range(5):
        try:
            with psycopg.connect(psycopg_url(owner_url)) as connection:
                connection.execute("set local lock_timeout = '500ms'")  # facts look at tables; see migrations/env.py
                before = facts(connection)
                connection.execute(ROLES.read_text())
                if before:
                    record(connection, "roles.sql", before)
            return
        except psycopg.errors.RaiseException as error:
            raise Refusal(error.diag.message_primary or str(error)) from error
        except COLLISIONS:
            if attempt == 4:
                raise
            time.sleep(0.2 * (attempt + 1))


def upgrade(owner_url: str, revision: str = "head") -> None:
    """Roles first, then each missing revision in a transaction of its own; progress goes to the log.

    Raises: Refusal where others hold a lock all the time.
    """
    logging.getLogger("alembic.runtime.migration").setLevel(logging.INFO)
    alembic = config(owner_url)
    patiently(lambda: roles(owner_url))
    patiently(lambda: command.upgrade(alembic, revision))


def downgrade(owner_url: str, revision: str) -> None:
    """Back to `revision`; roles stay, another database of the cluster may stand on them."""
    patiently(lambda: command.downgrade(config(owner_url), revision))


def check(owner_url: str) -> None:
    """Raises alembic's CommandError where the database differs from models and policies. Takes strong locks for a moment."""
    command.check(config(owner_url))


def revision(owner_url: str, message: str) -> str:
    """Writes a revision with all that differs, and one for indexes of tables that are there; answers their paths."""
    alembic = config(owner_url)
    written = command.revision(alembic, message, autogenerate=True, rev_id=_next(), process_revision_directives=apart)
    scripts = written if isinstance(written, list) else [written]
    return " and ".join(str(script.path) for script in scripts if script)


def _next() -> str:
    return f"{len(list(scripts().walk_revisions())) + 1:04d}"
