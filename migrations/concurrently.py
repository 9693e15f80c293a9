"""Builds and drops indexes of tables in use, outside a transaction, in a way that can be repeated when it has failed.

    with concurrently("app.notes_title_idx"):
        op.create_index("notes_title_idx", …, postgresql_concurrently=True, if_not_exists=True)

What stood before the block in its revision is committed, whatever comes after: such a revision holds nothing else.
A build that fails leaves an index behind that is INVALID: written to, never read, and passed over by IF NOT EXISTS. Run
again, the block finds and drops it, so the repeated revision builds what is missing and keeps what was finished.

The cost: it waits for every transaction that is older, without a limit; nobody waits for it but other changes of the table.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op
from sqlalchemy import text

LEFT = text("select count(*) from pg_index where indexrelid = to_regclass(:index) and not indisvalid")
LIMITS = ("lock_timeout", "statement_timeout")


@contextmanager
def concurrently(index: str) -> Iterator[None]:
    """Inside, statements about this index are transactions of their own, and may take as long as they need."""
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        before = {name: connection.scalar(text(f"show {name}")) for name in LIMITS}
        for name in LIMITS:
            op.execute(f"set {name} = 0")
        try:
            if connection.scalar(LEFT, {"index": index}):
                op.execute(f"drop index concurrently if exists {index}")
            yield
        finally:
            for name, value in before.items():
                op.execute(f"set {name} = '{value}'")
