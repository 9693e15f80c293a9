"""An upgrade with two tenants' rows in the database: step by step nothing is lost, and nobody sees a row more or less."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from db.revisions import head
from migrations.run import roles
from migrations.steps import Step, steps
from tests.migrations import first
from tests.migrations.catalog import do, value
from tests.migrations.extra import configured, write
from tests.migrations.fill import fill
from tests.migrations.seen import Columns, Rows, columns, narrowed, seen, truth
from tests.server import Database, cloned

PEOPLE = {name: first.key(name) for name in first.PEOPLE}
# A revision that means to show or hide rows of a table, and says why: {"0009": {"notes"}}.
MEANT: dict[str, set[str]] = {}


class Moment(NamedTuple):
    """What a database holds, and what each person sees of it."""

    database: Database
    tables: Columns
    rows: Rows
    views: Rows


def moment(database: Database, within: Columns | None = None) -> Moment:
    """Now; of these tables and columns alone, as far as they are still there."""
    tables = columns(database.owner)
    if within is not None:
        # That one may go is what `make lint` has argued in its revision.
        tables = {
            table: [name for name in names if name in tables[table]] for table, names in within.items() if table in tables
        }
    return Moment(database, tables, truth(database.owner, tables), seen(database, PEOPLE, tables))


def compare(revision: str, before: Moment, after: Moment) -> None:
    """Fails naming the revision, the table, the person and the role."""
    for old, new in ((before.rows, after.rows), (before.views, after.views)):
        for where, rows in narrowed(old, after.tables).items():
            if where[-1] not in MEANT.get(revision, ()):
                assert not rows - new[where], f"{revision}: {' '.join(where)} lost rows"
                assert not new[where] - rows, f"{revision}: {' '.join(where)} shows more rows"


def upgraded(database: Database, coming: Iterator[Step]) -> None:
    """Compares before and after each revision that is coming."""
    before = moment(database)
    assert all(before.rows.values()), "each table has rows"
    for step in coming:
        compare(step.script.revision, before, moment(database, before.tables))
        for schema, table in sorted(columns(database.owner).keys() - before.tables.keys()):
            assert fill(database.owner, f"{schema}.{table}") > 0
        before = moment(database)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moment]:
    """The rows of the first revision, brought to the head; compared on the way."""
    with cloned(f"rowkeep_grown_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}", template=None) as database:
        roles(database.owner)
        coming = steps(configured(database.owner, tmp_path_factory.mktemp("none")))
        next(coming)
        first.load(database.owner)
        upgraded(database, coming)
        yield moment(database)


def test_upgrade_loses_no_row_and_shows_none_that_was_hidden(migrated: Moment) -> None:
    """Compared already: this is that there was something to compare, for everybody, and for nobody everything."""
    rows, views = migrated.rows, migrated.views
    for table in ("workspaces", "projects", "tasks", "comments", "memberships", "notes", "users", "invitations"):
        for name in ("ann", "bob"):
            assert 0 < len(views[name, "app_user", "app", table]) < len(rows["app", table])
    for table in ("workspaces", "projects", "tasks", "comments", "notes"):
        assert len(views["ann", "app_trash", "app", table]) > len(views["ann", "app_user", "app", table]), "the bin"
    assert not views["nobody", "app_user", "app", "projects"]
    assert views["vic", "app_user", "app", "projects"] > views["bob", "app_user", "app", "projects"], "in two tenants"
    assert len(rows["auth", "credentials"]) == len(PEOPLE)


SPOILT = {
    "deletes rows": ("delete from app.comments where body = 'live'", "app comments lost rows"),
    "changes rows": ("update app.notes set title = 'x'", "app notes lost rows"),
    "deletes credentials": ("delete from auth.credentials", "auth credentials lost rows"),
    "opens a table": (
        "drop policy fence on app.notes; create policy open on app.notes for select to app_user using (true)",
        "app_user app notes shows more rows",
    ),
    "opens the bin": (
        """drop policy select_member on app.tasks; create policy select_member on app.tasks for select to app_user
            using (workspace_id = any ((select app.my_workspaces())::uuid[]))""",
        "app_user app tasks shows more rows",
    ),
    "hides rows": ("drop policy select_member on app.projects", "app_user app projects lost rows"),
    "hides a column": ("revoke select (body) on app.notes from app_user", "app_user app notes lost rows"),
    "opens a role": (
        """grant select on app.users to app_trash;
            create policy look on app.users for select to app_trash using (true)""",
        "app_trash app users shows more rows",
    ),
    "opens a function": (
        # Two layers ask two functions: one of them open shows nothing.
        "; ".join(
            f"create or replace function {name}(minimum text default 'viewer') returns uuid[] language sql stable "
            f"as 'select array[uuid ''{first.key('workspace a')}'', uuid ''{first.key('workspace b')}'']'"
            for name in ("app.my_workspaces", "seal.claimed_workspaces")
        ),
        "shows more rows",
    ),
}


@pytest.mark.parametrize(("statements", "said"), SPOILT.values(), ids=SPOILT)
def test_upgrade_cannot_pass_that(migrated: Moment, statements: str, said: str) -> None:
    with cloned(f"{migrated.database.name}_spoilt", migrated.database.name) as spoilt:
        do(spoilt.owner, statements)
        with pytest.raises(AssertionError, match=f"9001: .*{said}"):
            compare("9001", migrated, moment(spoilt))


def test_rows_of_a_table_that_is_born_on_the_way_are_compared_too(migrated: Moment, tmp_path: Path) -> None:
    born = """
        create table app.labels (
          id uuid primary key default app.uuidv7(), workspace_id uuid not null, task_id uuid not null, name text not null,
          kind text not null check (kind in ('good', 'bad')), owner_id uuid not null references app.users,
          foreign key (workspace_id, task_id) references app.tasks (workspace_id, id));
        grant select on app.labels to app_user"""
    write(tmp_path, f'op.execute("""{born}""")')
    write(
        tmp_path,
        'op.get_bind().exec_driver_sql("reset role; delete from app.labels; set role app_owner")',
        name="9002",
        after="9001",
    )
    with cloned(f"{migrated.database.name}_born", migrated.database.name) as database:
        with pytest.raises(AssertionError, match="9002: app labels lost rows"):
            upgraded(database, steps(configured(database.owner, tmp_path), after=head()))
        assert value(database.owner, "select count(*) from app.tasks") == 8
