"""Alembic's entry: acts as app_owner, one transaction per revision, and never waits long for a lock."""

import time
from typing import Any, cast

from alembic import context
from sqlalchemy import Column, Connection, FetchedValue, create_engine, text

import migrations.autogenerate
import migrations.bodies
import migrations.render  # noqa: F401 - registers how it is written down
from db.models import metadata
from db.settings import sqlalchemy_url
from migrations import expected

# One migration at a time in one database; the number is this project's, nothing else.
ADVISORY_LOCK = 7_266_539_335
# While a migration waits for a lock, every request on that table queues behind it. Below Postgres's deadlock_timeout of 1 s,
# so that of a migration and a request that wait for each other it is the migration that gives up; migrations/patience.py
# tries again.
LOCK_TIMEOUT = "500ms"


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """Compare the schemas that models live in, and those alone."""
    return kind != "schema" or name in {"app", "auth"}


def compare_server_default(_ctx: Any, _found: Any, wanted: Column[Any], found: str | None, *_: Any) -> bool | None:
    """A column that a trigger fills is a FetchedValue, of which Alembic says nothing: the catalog has no default for it."""
    return found is not None if type(wanted.server_default) is FetchedValue else None


def record_release(connection: Connection, revision: str) -> None:
    """Keeps the oldest code revision that the schema still serves: the latest `serves` on the way to `revision`."""
    script = context.script
    path = script.iterate_revisions(revision, "base") if revision else ()
    oldest = next((found.module.serves for found in path if found.module.serves), None)
    connection.execute(text("delete from audit.release"))
    if oldest:
        connection.execute(text("insert into audit.release (serves) values (:oldest)"), {"oldest": oldest})


class Recorder:
    """After each step, in its transaction: the release, and what isolation stands on since."""

    def __init__(self, connection: Connection) -> None:
        self.before = self._facts(connection)
        connection.commit()

    def __call__(self, *, ctx: Any, heads: Any, **_: Any) -> None:
        revision = next(iter(heads), "")
        record_release(ctx.connection, revision)
        expected.record(ctx.connection.connection.driver_connection, revision, self.before)
        self.before = self._facts(ctx.connection)

    @staticmethod
    def _facts(connection: Connection) -> list[str]:
        driver: Any = connection.connection.driver_connection
        return expected.facts(driver)


def run(connection: Connection) -> None:
    """Migrates or compares on this connection."""
    # Asked for again and again rather than waited for: who waits holds a snapshot, which `create index concurrently` of the
    # one that has the lock would wait for in turn.
    while not connection.scalar(text("select pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK}):
        connection.rollback()
        time.sleep(0.1)
    patience = context.config.attributes.get("lock_timeout", LOCK_TIMEOUT)
    connection.execute(text("select set_config('lock_timeout', :patience, false)"), {"patience": patience})
    connection.execute(text("set statement_timeout = '10min'"))
    connection.execute(text("set role app_owner"))
    # Forced row security hides every row from the tables' owner: a backfill would change nothing, and a foreign key over
    # orphans pass. This makes both an error; migrations/sighted.py is the way to do them.
    connection.execute(text("set row_security = off"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_schemas=True,
        include_name=include_name,
        version_table_schema="audit",
        transaction_per_migration=True,
        compare_server_default=compare_server_default,
        autogenerate_plugins=["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname"],
        on_version_apply=cast("Any", Recorder(connection)),
        process_revision_directives=context.config.attributes.get("process_revision_directives"),
    )
    with context.begin_transaction():
        context.run_migrations()


engine = create_engine(sqlalchemy_url(context.config.attributes["owner_url"]))
try:
    with engine.connect() as owner:
        run(owner)
finally:
    engine.dispose()
