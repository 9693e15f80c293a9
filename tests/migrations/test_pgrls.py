"""pgrls finds nothing in a migrated database, finds what is broken, and each exception that it is told of is still one."""

import tomllib
from pathlib import Path

import pytest

from db.refusal import Refusal
from migrations import pgrls
from migrations.__main__ import lint
from tests.migrations.catalog import do
from tests.server import Database

RULES = tomllib.loads(pgrls.CONFIG.read_text())["lint"]


def test_pgrls_cannot_miss_a_policy_for_everybody(own_database: Database) -> None:
    lint(own_database.owner)
    do(own_database.owner, "alter policy select_owner on app.notes to public")
    with pytest.raises(Refusal, match=r"SEC003 app\.notes"):
        lint(own_database.owner)


def test_exception_that_is_needed_no_more_does_not_stay(database: Database, tmp_path: Path) -> None:
    bare = tmp_path / "pgrls.toml"
    bare.write_text('[database]\nurl = "$PGRLS_DATABASE_URL"\nschemas = ["app", "auth", "audit", "seal"]\n')
    found = {(rule, name) for rule, name, _ in pgrls.findings(database.owner, bare)}
    argued = {(rule, name) for rule, each in RULES["rules"].items() for name in each["allowlist"]}
    assert argued <= found
    assert set(RULES["disable"]) <= {rule for rule, _ in found}


def test_every_exception_has_its_reason() -> None:
    entries = [line for line in pgrls.CONFIG.read_text().splitlines() if line.startswith(('  "', 'allowlist = ["'))]
    assert len(entries) > 10
    assert [line for line in entries if "#" not in line and not line.endswith(('"PERF003",', '"SEC013",'))] == []
