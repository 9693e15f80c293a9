"""Views are migrated like tables: made after what they read, and made anew, readers and grants too, when that changes."""

from pathlib import Path

from tests.migrations.catalog import value
from tests.migrations.trees import Tree
from tests.server import Database

RANKS = """
-- Ranks: shown to nobody but this test.

-- Notes by rank.
create view audit.ranks with (security_invoker) as select id, rank from app.notes;

-- The first ones.
create view audit.first_ranks with (security_invoker) as select * from audit.ranks order by rank limit 3;
"""
RULE = """
-- A rank is not negative.
create view audit.rule_{} with (security_invoker) as
select 'error' as severity, id::text as object, 'negative'::text as problem, 'delete'::text as mend from audit.first_ranks;
"""
BACK_AND_FORTH = ("upgrade(url)", "keep()", 'downgrade(url, "-1")', "keep()", "upgrade(url)", "check(url)", "keep()")


def test_revision_cannot_leave_a_view_behind(own_database: Database, tmp_path: Path) -> None:
    tree = Tree(tmp_path, own_database.owner)
    field = '    body: str = Field(default="", max_length=100_000)\n'
    tree.replace(
        "db/models/notes.py",
        (field, f"{field}    rank: int = Field(default=1, sa_type=Integer)\n"),
        ("from sqlmodel", "from sqlalchemy import BigInteger, Integer\nfrom sqlmodel"),
    )
    tree.write("policies/audit/ranks.sql", RANKS)
    for rule in ("negative_rank", "negative_too"):
        tree.write(f"policies/audit/rules/{rule}.sql", RULE.format(rule))
    newborn = tree.run("keep()", 'revision(url, "ranks")', *BACK_AND_FORTH)
    assert "audit.rule_negative_rank" in str(value(tree.url, "select prosrc from pg_proc where proname = 'find'"))
    # The column under two views, a rule that goes, and one whose columns have other types.
    tree.replace("db/models/notes.py", ("sa_type=Integer", "sa_type=BigInteger"))
    (tree.folder / "policies/audit/rules/negative_too.sql").unlink()
    tree.replace("policies/audit/rules/negative_rank.sql", ("id::text as object", "left(id::text, 8)::varchar as object"))
    changed = tree.run("keep()", 'revision(url, "ranks again")', *BACK_AND_FORTH)
    for before, up, down, again in (newborn, changed):
        assert before == down
        assert up == again != before
    views = {line.split()[1] for line in changed[-1] if line.startswith("view ")}
    assert views >= {"audit.ranks", "audit.first_ranks", "audit.rule_negative_rank", "audit.findings"}
    assert "audit.rule_negative_too" not in views
    assert "rule_negative_too" not in str(value(tree.url, "select prosrc from pg_proc where proname = 'find'"))
