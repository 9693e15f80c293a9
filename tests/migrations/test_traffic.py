"""The API of the revision before keeps serving while the schema goes on, and a policy that changes lets nobody through."""

import asyncio
from pathlib import Path

import pytest

from db import revisions
from migrations import head
from policies.sql import statements
from tests.db.logins import refusal
from tests.faults.settled import until
from tests.migrations.catalog import at, do, value
from tests.migrations.extra import upgrading, write
from tests.migrations.traffic import flowing
from tests.server import Database

EXPAND = '''
for table in ("users", "notes", "workspaces", "memberships", "invitations", "projects", "tasks", "comments"):
    op.execute(f"alter table app.{table} add column colour text, add column size bigint not null default 1")
op.execute("alter table app.notes add constraint notes_colour_check check (char_length(colour) < 20) not valid")
op.execute("""create table app.labels (
    id uuid primary key default app.uuidv7(), workspace_id uuid not null, task_id uuid not null,
    foreign key (workspace_id, task_id) references app.tasks (workspace_id, id))""")
op.execute("alter table app.labels enable row level security, force row level security")
op.execute("create function app.paint() returns trigger language plpgsql as $$ begin new.colour = 'red'; return new; end $$")
op.execute("create trigger paint before insert or update on app.tasks for each row execute function app.paint()")
'''
AFTERWARDS = """
with concurrently("app.notes_colour_idx"):
    op.execute("create index concurrently if not exists notes_colour_idx on app.notes (owner_id, colour)")
op.execute("alter table app.notes validate constraint notes_colour_check")
"""
BACKFILL = """
with sighted("app.notes", "app.users"):
    op.execute("update app.notes set colour = 'blue' where colour is null")
"""
CONTRACT = 'op.execute("alter table app.projects drop column description")'


async def migrate(database: Database, folder: Path) -> None:
    """In a process of its own, while this one serves."""
    process = upgrading(database.owner, folder)
    output = await asyncio.to_thread(process.communicate, timeout=300)
    assert process.returncode == 0, output


async def test_request_cannot_fail_while_the_schema_expands(own_database: Database, tmp_path: Path) -> None:
    write(tmp_path, EXPAND)
    write(tmp_path, AFTERWARDS, name="9002", after="9001")
    write(tmp_path, BACKFILL, name="9003", after="9002")
    async with flowing(own_database) as traffic:
        await migrate(own_database, tmp_path)
        during = traffic.answered
        await traffic.more()
    assert traffic.wrong == []
    assert traffic.answered > during > 0
    assert at(own_database.owner) == "9003"
    assert value(own_database.owner, "select count(*) from app.tasks where colour = 'red'") != 0, (
        "written by the code before it"
    )
    assert await refusal(own_database.api) == "", "and that code starts, too"


async def test_code_before_a_contraction_cannot_start(own_database: Database, tmp_path: Path) -> None:
    write(tmp_path, CONTRACT, serves="9001")
    await migrate(own_database, tmp_path)
    assert await refusal(own_database.api) == (
        f"the database is at revision 9001, which serves code from 9001 on: deploy newer code than {head()}"
    )
    newer = {"codes": revisions.known() | {"9001"}, "needs": "9001"}
    assert await refusal(own_database.api, **newer) == ""  # type: ignore[arg-type]


def replaced(table: str) -> str:
    """A revision that makes a table's policies anew, wide open in between."""
    policies = [text for text, _ in statements(f"{'owner' if table == 'notes' else 'tenant'}.sql", table=f"app.{table}")]
    names = [text.split()[2] for text in policies]
    return "\n".join(
        f"op.execute({statement!r})"
        for statement in (
            *(f"drop policy {name} on app.{table}" for name in names),
            f"create policy open on app.{table} for all to app_user, app_trash using (true)",
            *policies,
            f"drop policy open on app.{table}",
        )
    )


async def test_policy_that_changes_shows_nobody_a_row_too_many(own_database: Database, tmp_path: Path) -> None:
    """Readers and writers meet the policies before or after, and wait at most."""
    for number in range(9001, 9007):
        write(
            tmp_path,
            replaced("notes" if number % 2 else "tasks"),
            name=str(number),
            after=str(number - 1) if number > 9001 else None,
        )
    async with flowing(own_database) as traffic:
        await migrate(own_database, tmp_path)
        during = traffic.answered
        await traffic.more()
    assert traffic.wrong == []
    assert traffic.answered > during > 0
    assert at(own_database.owner) == "9006"


@pytest.mark.parametrize(
    ("meanwhile", "seen"),
    [
        (
            ("drop policy fence on app.notes", "create policy open on app.notes for select to app_user using (true)"),
            "mallory sees /v1/notes",
        ),
        (("drop policy select_member on app.tasks",), "vic misses the task"),
    ],
)
async def test_policy_that_changes_outside_a_transaction_would_be_seen(
    own_database: Database, meanwhile: tuple[str, ...], seen: str
) -> None:
    async with flowing(own_database) as traffic:
        do(own_database.owner, *meanwhile)
        # Others may find something first.
        await until(lambda: any(seen in wrong for wrong in traffic.wrong), patience=60)
