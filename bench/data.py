"""A throw-away database of a known size: people with notes, and workspaces with members, projects and tasks."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import psycopg

PER_PERSON = 1_000
PROJECTS = 10
# Each person owns the workspace of their number and helps in the four after it, so each workspace has five members.
ROLES = ("owner", "admin", "editor", "editor", "viewer")


class Size(NamedTuple):
    """How many people there are; there are as many workspaces, and a thousand notes and tasks for each."""

    people: int

    @property
    def rows(self) -> int:
        return self.people * PER_PERSON


PEOPLE = """
create schema bench;
insert into app.users (name) select 'Person ' || i from generate_series(1, %(people)s) i;
create table bench.person as select row_number() over (order by id) - 1 as number, id from app.users;
insert into app.workspaces (name, created_by) select 'Workspace ' || number, id from bench.person;
create table bench.workspace as select row_number() over (order by id) - 1 as number, id from app.workspaces;
insert into app.memberships (workspace_id, user_id, role)
  select w.id, p.id, (%(roles)s::text[])[step + 1] from bench.person p cross join generate_series(0, 4) step
  join bench.workspace w on w.number = (p.number + step) %% %(people)s;
insert into app.projects (workspace_id, name)
  select id, 'Project ' || i from bench.workspace cross join generate_series(1, %(projects)s) i order by i, number;
create table bench.project as
  select row_number() over (partition by workspace_id order by id) - 1 as place, workspace_id, id from app.projects;
"""

# Everybody writes in turn, so one person's rows lie far apart, as they do in life; one row in fifty is in the bin.
NOTES = """
insert into app.notes (owner_id, created_by, updated_by, title, body, deleted_at)
select p.id, p.id, p.id, 'Note ' || i, repeat('a line of text ', 8), case when i %% 50 = 0 then now() end
from generate_series(0, %(each)s - 1) i cross join bench.person p order by i, p.number
"""

TASKS = """
insert into app.tasks (workspace_id, project_id, created_by, updated_by, title, body, deleted_at)
select w.id, r.id, p.id, p.id, 'Task ' || i, repeat('a line of text ', 8), case when i %% 50 = 0 then now() end
from generate_series(0, %(each)s - 1) i cross join bench.workspace w
join bench.person p using (number) join bench.project r on r.workspace_id = w.id and r.place = i %% %(projects)s
order by i, w.number
"""


# Everybody shares each tenth note with the person after them.
SHARES = """
insert into app.note_shares (owner_id, note_id, user_id, created_by, updated_by)
select p.id, n.id, q.id, p.id, q.id
from bench.person p join bench.person q on q.number = (p.number + 1) %% %(people)s
cross join lateral (
  select id, row_number() over (order by id) as place from app.notes where owner_id = p.id
) n where n.place %% 10 = 0
"""

# Who filters by hand: a role with plain grants, that policies do not concern.
BY_HAND = """
create role bench_by_hand nologin bypassrls;
grant usage on schema app to bench_by_hand;
grant execute on all functions in schema app to bench_by_hand;
grant select, insert, update on all tables in schema app to bench_by_hand;
"""


def load(url: str, size: Size, say: Callable[[str], None]) -> None:
    """Fill the migrated database as its superuser, without triggers or policies, and leave it vacuumed and analysed."""
    begun = time.monotonic()
    numbers = {"people": size.people, "roles": list(ROLES), "projects": PROJECTS, "each": PER_PERSON}

    def fill(table: str, statement: str) -> None:
        with superuser(url) as connection:
            connection.execute(statement, numbers)
        say(f"loaded {size.rows:,} {table} in {time.monotonic() - begun:.0f} s")

    with superuser(url) as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute(PEOPLE, numbers)
    with ThreadPoolExecutor(2) as both:
        list(both.map(fill, ("notes", "tasks"), (NOTES, TASKS)))
    with superuser(url) as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute(SHARES, numbers)
    with superuser(url) as connection:
        connection.execute("vacuum (analyze)")
        connection.execute("checkpoint")


def allow_by_hand(owner_url: str) -> None:
    """Make the role of whoever filters by hand."""
    with psycopg.connect(owner_url) as owner:
        owner.execute(BY_HAND)


def superuser(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection that loads and tidies, each statement by itself."""
    # "replica" leaves out triggers and the checks of foreign keys: the rows are right by construction. A commit that is
    # not yet flushed keeps vacuum from marking pages as visible to all, and index only scans would not come about.
    settings = {"session_replication_role": "replica", "synchronous_commit": "on", "maintenance_work_mem": "128MB"}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return psycopg.connect(url, autocommit=True, options=options)
