"""Up, down and up again: a downgrade leaves nothing of ours, and the way up always ends in the same catalog."""

import psycopg

from migrations import head, upgrade
from migrations.run import downgrade
from tests.migrations.catalog import at, snapshot, value
from tests.server import Database

LEFT = """
select count(*) from (
  select from pg_class where relnamespace in ('app'::regnamespace, 'auth'::regnamespace)
  union all select from pg_proc where pronamespace in ('app'::regnamespace, 'auth'::regnamespace, 'audit'::regnamespace)
  union all select from pg_type where typnamespace in ('app'::regnamespace, 'auth'::regnamespace)
  union all select from pg_policy
) ours"""


def test_upgrade_after_downgrade_makes_the_same_catalog(empty_database: Database) -> None:
    url = empty_database.owner
    upgrade(url)
    first = snapshot(url)
    assert any(line.startswith("policy fence on app.notes") for line in first)
    downgrade(url, "base")
    assert value(url, LEFT) == 0
    assert at(url) is None
    assert value(url, "select count(*) from audit.release") == 0
    upgrade(url)
    assert snapshot(url) == first
    assert at(url) == head()


def test_downgrade_takes_no_role_away(own_database: Database) -> None:
    query = "select rolname, rolcanlogin, rolinherit from pg_roles where rolname like 'app\\_%' order by 1"
    with psycopg.connect(own_database.owner) as connection:
        before = connection.execute(query).fetchall()
    downgrade(own_database.owner, "base")
    with psycopg.connect(own_database.owner) as connection:
        assert connection.execute(query).fetchall() == before
    assert len(before) >= 9


def test_upgrade_of_a_migrated_database_changes_nothing(own_database: Database) -> None:
    before = snapshot(own_database.owner)
    upgrade(own_database.owner)
    assert snapshot(own_database.owner) == before
