"""`make audit` finds whatever was changed by hand, and neither changes the database nor stands in anybody's way."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from db.embedded import Cluster
from db.refusal import Refusal
from migrations import __main__ as command
from migrations import audit, upgrade
from migrations.page import page
from tests.migrations.catalog import do
from tests.migrations.drifts import DRIFTS
from tests.migrations.spare import spare
from tests.server import Database

AS_AUDITOR = "?options=-crole%3Dapp_auditor"


@pytest.fixture(scope="module")
def made(database: Database) -> dict[str, str]:
    """What the code makes."""
    with audit.reading(database.owner + AS_AUDITOR) as connection:
        return audit.catalog(connection)


@pytest.fixture(scope="module")
def owner_session(database: Database) -> Iterator[psycopg.Connection[tuple[str]]]:
    """One that commits nothing."""
    with psycopg.connect(database.owner) as connection:
        yield connection


@pytest.mark.parametrize("name", DRIFTS)
def test_drift_cannot_be_missed(
    owner_session: psycopg.Connection[tuple[str]], made: dict[str, str], database: Database, name: str
) -> None:
    try:
        owner_session.execute(DRIFTS[name][0].encode())
        live = audit.Live(database.name, 180000, "", [], {}, {}, audit.catalog(owner_session))
        assert list(audit.drift(live, made, 180000)), name
    finally:
        owner_session.rollback()


def test_audit_finds_nothing_on_a_migrated_database() -> None:
    """On a server of its own: roles that other tests make meanwhile are findings."""
    with spare() as cluster:
        cluster.create_database("ours")
        upgrade(cluster.url(database="ours"))
        live, found = audit.audit(cluster.url(database="ours") + AS_AUDITOR)
        assert found == []
        assert len(live.catalog) > 500
        assert len(live.rules) > 50
        assert "Nothing is wrong" in page(live, found)


def test_audit_tells_both_a_finding_and_the_drift_behind_it(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = cluster.url(database="test")
    upgrade(url)
    do(url, "alter table app.notes no force row level security", 'create index "<b>" on app.notes (updated_by)')
    monkeypatch.setenv("AUDITOR_DATABASE_URL", url + AS_AUDITOR)
    monkeypatch.setattr(command, "PAGE", tmp_path / "audit.html")
    said = {}
    for form in ([], ["--json"], ["--html"]):
        with pytest.raises(SystemExit) as ended:
            command.main(["audit", *form])
        assert ended.value.code == 1
        said["".join(form)] = capsys.readouterr().out
    assert said[""].endswith(" objects compared)\n")
    assert re.search(r"[3-9] errors, 1 warning", said[""])
    found = {
        (each["rule"], each["object"]): each
        for each in json.loads(said["--json"])
        if each["rule"] in {"drift", "duplicate_index", "unforced"}
    }
    assert found.keys() == {
        ("drift", 'index app."<b>"'),
        ("drift", "relation app.notes"),
        ("duplicate_index", 'app."<b>"'),
        ("unforced", "app.notes"),
    }
    assert "row security enabled; the code makes" in found["drift", "relation app.notes"]["problem"]
    html = (tmp_path / "audit.html").read_text()
    assert "&lt;b&gt;" in html
    assert "<b>&#34;" not in html and 'app."<b>"' not in html
    assert "http" not in html, "the page needs nothing else"


def test_audit_cannot_write_and_locks_nothing(database: Database) -> None:
    with audit.reading(database.owner) as connection:
        audit.read(connection)
        held = connection.execute("select distinct mode from pg_locks where pid = pg_backend_pid() and locktype = 'relation'")
        assert held.fetchall() == [("AccessShareLock",)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("create table app.written (id uuid)")


def test_audit_does_not_wait_long_for_a_migration(own_database: Database) -> None:
    with psycopg.connect(own_database.owner) as migrating:
        migrating.execute("lock table app.notes in access exclusive mode")
        with pytest.raises(Refusal, match="a table is locked"), audit.reading(own_database.owner) as connection:
            audit.read(connection)


def test_audit_says_what_to_do_where_it_may_not_read(own_database: Database, empty_database: Database) -> None:
    with pytest.raises(Refusal, match="use one that is app_auditor"), audit.reading(own_database.api) as connection:
        audit.read(connection)
    with pytest.raises(Refusal, match="run `make migrate`"), audit.reading(empty_database.owner) as connection:
        audit.read(connection)


def test_audit_compares_with_the_revision_that_the_database_is_at(own_database: Database) -> None:
    with audit.reading(own_database.owner) as connection:
        live = audit.read(connection)
    assert audit.behind(live) == []
    (older,) = audit.behind(live._replace(revision="0001"))
    assert older.mend == "make migrate"
    (newer,) = audit.behind(live._replace(revision="9999"))
    assert "does not know" in newer.problem
