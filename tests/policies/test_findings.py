"""Each rule of audit.findings walks: healthy, broken, exactly this finding, its printed mend, healthy again."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from migrations import upgrade
from policies.findings import rules
from tests.migrations.spare import spare
from tests.policies.catalog import Connection, rows

TEXT = "".join(path.read_text() for path in sorted(Path(__file__).parent.glob("broken*.sql")))
BROKEN = {rule: (objects, sql) for rule, objects, sql in re.findall(r"^-- (\w+): (.*)\n((?:[^-\n].*\n)+)", TEXT, re.MULTILINE)}


@pytest.fixture(scope="module")
def dba() -> Iterator[Connection]:
    """One session, so that the rules are planned once; on a server of its own, since roles that other tests make are
    findings too.
    """
    with spare() as cluster:
        cluster.create_database("ours")
        upgrade(cluster.url(database="ours"))
        with psycopg.connect(cluster.url(database="ours")) as connection:
            yield connection


def findings(connection: Connection) -> list[tuple[str, ...]]:
    """What a DBA reads, with no more than a DBA's rights."""
    connection.execute("set local role app_auditor")
    found = connection.execute("select severity, rule, object, problem, mend from audit.findings").fetchall()
    connection.execute("reset role")
    return found


def test_migrated_database_is_healthy(dba: Connection) -> None:
    assert findings(dba) == []
    dba.rollback()


@pytest.mark.parametrize("rule", rules())
def test_finding_cannot_be_missed_and_its_mend_mends(dba: Connection, rule: str) -> None:
    objects, statements = BROKEN[rule]
    # Roles are the cluster's: all of it happens in one transaction that is never committed.
    try:
        dba.execute(statements.encode())
        found = findings(dba)
        assert {name for _, name, *_ in found} == {rule}
        assert {severity for severity, *_ in found} <= {"error", "warning"}
        assert ", ".join(name for _, _, name, *_ in found) == objects
        for *_, problem, mend in found:
            assert problem
            dba.execute(mend.encode())
        assert findings(dba) == []
    finally:
        dba.rollback()


def test_rule_without_a_way_to_break_it_is_none() -> None:
    assert BROKEN.keys() == set(rules())


def test_every_view_of_the_audit_says_what_it_is_for(owner: Connection) -> None:
    query = """
        select relname from pg_class where relnamespace = 'audit'::regnamespace and relkind = 'v'
          and obj_description(oid, 'pg_class') is null"""
    assert rows(owner, query) == []
    assert len(rules()) > 50


def test_nobody_else_reads_the_audit(owner: Connection) -> None:
    query = """
        select distinct rolname from pg_roles, pg_class
        where relnamespace = 'audit'::regnamespace and relkind = 'v' and not rolsuper and rolname !~ '^pg_'
          and has_table_privilege(rolname, pg_class.oid, 'select')"""
    assert set(rows(owner, query)) == {"app_auditor", "app_owner"}
