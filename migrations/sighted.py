"""Lets a revision see the rows of tables whose forced row security hides them from their owner too.

    with sighted("app.notes", "app.users"):
        op.execute("update app.notes set …")
        op.create_foreign_key(…)

Name every table that the statements inside read or check, those that triggers and foreign keys read among them: without
it Postgres answers "query would be affected by row-level security policy". CHECKs, NOT NULL, unique constraints and
indexes look at the rows themselves and need none of it.

The cost: ACCESS EXCLUSIVE on each table, from here to the end of the revision's transaction; nobody reads it meanwhile.
Keep such a revision short and by itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import op
from psycopg.pq import TransactionStatus


@contextmanager
def sighted(*tables: str) -> Iterator[None]:
    """Inside, app_owner sees all rows of these tables; afterwards, whatever happened, row security is forced again.

    Raises: NoActiveSqlTransaction outside a transaction, where nothing would undo a half.
    """
    op.execute(f"lock table {', '.join(tables)} in access exclusive mode")
    for table in tables:
        op.execute(f"alter table {table} no force row level security")
    try:
        yield
    finally:
        # A failed transaction takes no statement, and is rolled back with all of this.
        session: Any = op.get_bind().connection.driver_connection
        if session.info.transaction_status is not TransactionStatus.INERROR:
            for table in tables:
                op.execute(f"alter table {table} force row level security")
