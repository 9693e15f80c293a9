"""Lists are served by their index under policies: plans, not timings, of the queries that every request rests on."""

import os
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from tests.isolation.session import acting
from tests.server import Database, cloned

# With 50 owners or fewer, the second page of 21 costs as little along notes_pkey, past other people's rows.
ROWS, USERS, WORKSPACES = 40_000, 100, 500
# Every user belongs to ten workspaces.
FILL = f"""
insert into app.users (id, name)
  select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'somebody' from generate_series(1, {USERS}) n;
insert into app.notes (owner_id, title, deleted_at)
  select ('00000000-0000-7000-8000-' || lpad((n % {USERS} + 1)::text, 12, '0'))::uuid, 'note',
    case when n / {USERS} % 10 = 0 then now() end
  from generate_series(1, {ROWS}) n;
insert into app.note_shares (owner_id, note_id, user_id)
  select owner_id, id,
    ('00000000-0000-7000-8000-' || lpad((substr(owner_id::text, 25)::int * 7 % {USERS} + 1)::text, 12, '0'))::uuid
  from app.notes where get_byte(uuid_send(id), 15) < 128;
insert into app.workspaces (id, name)
  select ('00000000-0000-7000-8001-' || lpad(n::text, 12, '0'))::uuid, 'shared' from generate_series(1, {WORKSPACES}) n;
insert into app.memberships (workspace_id, user_id, role)
  select ('00000000-0000-7000-8001-' || lpad((n % {WORKSPACES} + 1)::text, 12, '0'))::uuid,
    ('00000000-0000-7000-8000-' || lpad((n / {WORKSPACES} + n % 5 * 10 + 1)::text, 12, '0'))::uuid, 'editor'
  from generate_series(0, 10 * {WORKSPACES} - 1) n;
insert into app.projects (workspace_id, name)
  select ('00000000-0000-7000-8001-' || lpad((n % {WORKSPACES} + 1)::text, 12, '0'))::uuid, 'project'
  from generate_series(1, {ROWS}) n;
"""
ALICE = UUID("00000000-0000-7000-8000-000000000001")
WORKSPACE = UUID("00000000-0000-7000-8001-000000000001")
SHARED = "select id, title from app.notes where id = any ((select app.shared_notes('reader'))::uuid[])"
HELPER = """select array_agg(workspace_id) from app.memberships
where user_id = app.claimed_user_id() and app.role_rank(role) >= app.role_rank('viewer')"""


@pytest.fixture(scope="module")
def filled() -> Iterator[Database]:
    """Enough rows for an index to be worth it, vacuumed and analyzed."""
    with cloned(f"rowkeep_plans_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}") as made:
        with psycopg.connect(made.owner, autocommit=True) as connection:
            connection.execute("set session_replication_role = replica")  # no trigger, no foreign key
            # A commit that is not flushed yet leaves its rows out of the visibility map, which index-only scans need.
            connection.execute("set synchronous_commit = on")
            connection.execute(FILL.encode())
            connection.execute("vacuum analyze")
        yield made


def plan(database: Database, query: str, role: str = "app_user") -> str:
    """The plan as a request gets it; options of EXPLAIN may stand before the query."""
    if role == "app_owner":
        with psycopg.connect(database.owner) as connection:
            connection.execute("set local role app_owner")
            connection.execute("select set_config('app.current_user_id', %s, true)", [str(ALICE)])
            return "\n".join(line for (line,) in connection.execute(f"explain {query}".encode()).fetchall())
    with acting(database.api, ALICE, role) as connection:
        return "\n".join(line for (line,) in connection.execute(f"explain {query}".encode()).fetchall())


def test_first_page_of_notes_sorts_nothing(filled: Database) -> None:
    found = plan(filled, "select id, title, created_at from app.notes order by id desc limit 21")
    assert "Index Scan Backward using notes_owner_id_id_idx on notes" in found
    assert "Sort" not in found
    assert " Filter" not in found.replace("One-Time Filter", ""), "no row is read in vain"


def test_next_page_of_notes_starts_at_its_key(filled: Database) -> None:
    with acting(filled.api, ALICE) as connection:
        row = connection.execute("select id from app.notes order by id offset 200 limit 1").fetchone()
    assert row is not None
    found = plan(filled, f"select id, title from app.notes where id < '{row[0]}' order by id desc limit 21")
    assert "Index Scan Backward using notes_owner_id_id_idx on notes" in found
    assert "Sort" not in found
    assert "Index Cond: ((owner_id = " in found
    assert "AND (id < " in found


def test_page_in_ascending_order_sorts_nothing_either(filled: Database) -> None:
    found = plan(filled, "select id, title from app.notes order by id limit 21")
    assert "Index Scan using notes_owner_id_id_idx on notes" in found
    assert "Sort" not in found


def test_count_of_ones_notes_reads_the_index_alone(filled: Database) -> None:
    found = plan(filled, "select count(*) from app.notes")
    assert "Index Only Scan using notes_owner_id_id_idx on notes" in found
    assert "deleted_at" not in found, "which rows are live is known from the index"


def test_one_note_by_key_reads_one_row(filled: Database) -> None:
    found = plan(filled, f"select id, title from app.notes where id = '{WORKSPACE}'")
    assert "Index Scan using notes_" in found
    assert "Seq Scan" not in found


def test_bin_is_served_by_an_index_of_its_own(filled: Database) -> None:
    query = "select id, title from app.notes where deleted_at is not null order by id desc limit 21"
    found = plan(filled, query, "app_trash")
    assert "Index Scan Backward using notes_owner_id_id_bin_idx on notes" in found
    assert "Sort" not in found


def test_page_of_a_workspace_sorts_nothing(filled: Database) -> None:
    query = f"select id, name from app.projects where workspace_id = '{WORKSPACE}' order by id desc limit 21"
    found = plan(filled, query)
    assert "Index Scan Backward using projects_workspace_id_id_idx on projects" in found
    assert "Sort" not in found


def test_memberships_of_the_caller_are_read_from_the_index_alone(filled: Database) -> None:
    """The query inside app.my_workspaces, which every policy of a workspace's rows asks, as its owner runs it."""
    found = plan(filled, HELPER, "app_owner")
    assert "Index Only Scan using memberships_user_id_service_idx on memberships" in found


def test_helper_asks_the_query_whose_plan_is_tested(filled: Database) -> None:
    with psycopg.connect(filled.owner) as connection:
        row = connection.execute("select prosrc from pg_proc where proname = 'my_workspaces'").fetchone()
    assert row is not None
    assert " ".join(HELPER.split()).replace("'viewer'", "minimum") in " ".join(row[0].split())


def test_policy_asks_for_the_workspaces_once(filled: Database) -> None:
    found = plan(filled, f"select id from app.projects where workspace_id = '{WORKSPACE}' order by id desc limit 21")
    assert "InitPlan" in found
    assert "SubPlan" not in found


def test_page_of_what_is_shared_sorts_nothing(filled: Database) -> None:
    """The statement of GET /v1/notes/shared: the keys that are shared, in order, each read once."""
    found = plan(filled, f"{SHARED} order by id desc limit 51", "app_guest")
    assert "Index Scan Backward using notes_pkey on notes" in found
    assert "Index Cond: (id = ANY (" in found
    assert "Sort" not in found
    assert "Seq Scan" not in found


def test_next_page_of_what_is_shared_starts_at_its_key(filled: Database) -> None:
    found = plan(filled, f"{SHARED} and id < '{WORKSPACE}' order by id desc limit 51", "app_guest")
    assert "Index Scan Backward using notes_pkey on notes" in found
    assert "(id < " in found
    assert "Sort" not in found


def test_owner_never_looks_for_shares(filled: Database) -> None:
    """By key as app_guest: the lookups stand in the plan, and are not made for one's own row."""
    with acting(filled.api, ALICE) as connection:
        row = connection.execute("select id from app.notes limit 1").fetchone()
    assert row is not None
    for query, policies in ((f"select title from app.notes where id = '{row[0]}'", 2),
                            (f"update app.notes set title = 'x' where id = '{row[0]}' returning id", 5)):  # fmt: skip
        found = plan(filled, f"(analyze, costs off, timing off) {query}", "app_guest")
        assert found.count("never executed") == policies
        assert "Index Scan using notes_pkey on notes" in found


def test_guest_looks_for_shares_once_for_each_policy_whatever_the_rows(filled: Database) -> None:
    found = plan(filled, f"(analyze, costs off, timing off) {SHARED}", "app_guest")
    assert "SubPlan" not in found
    lookups = [line for line in found.splitlines() if "loops=" in line and "Result" in line]
    assert all("loops=1)" in line for line in lookups)


def test_what_is_shared_with_the_caller_is_read_from_the_index_alone(filled: Database) -> None:
    """The query inside app.shared_notes, as its owner runs it."""
    query = """select array_agg(note_id) from app.note_shares
        where user_id = app.claimed_user_id() and role in ('writer', 'reader')
          and (expires_at is null or expires_at > clock_timestamp())"""
    found = plan(filled, query, "app_owner")
    assert "Index Only Scan using note_shares_user_id_note_id_key on note_shares" in found
    with psycopg.connect(filled.owner) as connection:
        row = connection.execute("select prosrc from pg_proc where proname = 'shared_notes'").fetchone()
    assert row is not None
    assert " ".join(query.split()).replace("'reader'", "minimum") in " ".join(row[0].split())


def test_shares_of_a_note_are_found_without_reading_others(filled: Database) -> None:
    """By the owner's index or the holder's: the time that it takes tells nobody how many shares there are."""
    with psycopg.connect(filled.owner) as connection:
        row = connection.execute("select note_id from app.note_shares where owner_id <> %s limit 1", [ALICE]).fetchone()
    assert row is not None
    query = f"select id from app.note_shares where note_id = '{row[0]}' order by id desc limit 51"
    found = plan(filled, f"(analyze, costs off, timing off) {query}")
    assert "note_shares_owner_id_note_id_id_idx" in found
    assert "note_shares_user_id_note_id_key" in found
    assert "Rows Removed" not in found
