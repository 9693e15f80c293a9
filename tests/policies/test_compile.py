"""A pattern file holds `create policy` statements on its own table and nothing else: what is hidden in one is refused."""

from pathlib import Path

import pytest
from alembic_utils.pg_policy import PGPolicy
from sqlalchemy import MetaData, Table

from policies import compile as compiler
from policies import findings, sql
from policies.entities import PolicyComment, RowSecurity

GOOD = """-- evil: what this pattern is for.
-- needs: owner_id uuid
-- within: owner_id

-- At most the owner.
create policy fence on {table} as restrictive for all to app_user
  using (owner_id = (select app.current_user_id()))
  with check (owner_id = (select app.current_user_id()));

-- The owner sees rows.
create policy select_owner on {table} for select to app_user
  using (owner_id = (select app.current_user_id()));
"""
REFUSED = {
    "a grant": "grant select on {table} to app_user;",
    "a table": "create table app.planted (id uuid);",
    "another statement in capitals": "GRANT SELECT ON {table} TO app_user;",
    "a drop on the same line": "create policy a on {table} for select to app_user using (false); drop table app.users;",
    "a grant behind a comment": "create policy a on {table} for select to app_user using (false); -- done\n"
    "grant select on {table} to app_user;",
    "a grant behind a block comment": "create policy a on {table} for select to app_user using (false) /*\n*/; "
    "grant select on {table} to app_user;",
    "a comment that eats the semicolon": "create policy a on {table} for select to app_user using (false) --;\n"
    "; grant select on {table} to app_user;",
    "a second policy without a semicolon between": "create policy a on {table} for select to app_user using (false)\n"
    "create policy b on {table} for select to app_user using (true);",
    "a policy on another table": "create policy a on app.users for select to app_user using (true);",
    "a statement in a string": "create policy a on {table} for select to app_user using (x = '; drop table app.users');",
    "a dollar quote": "create policy a on {table} for select to app_user using ($$;$$ is not null);",
    "a quoted name": 'create policy "a on b" on {table} for select to app_user using (true);',
    "no semicolon at all": "create policy a on {table} for select to app_user using (false)",
    "a policy altered": "alter policy fence on {table} using (true);",
    "words": "everybody may read this",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of patterns that the compiler reads instead of ours."""
    monkeypatch.setattr(sql, "FOLDER", tmp_path)
    monkeypatch.setattr(compiler, "FOLDER", tmp_path)
    monkeypatch.setattr(findings, "FOLDER", tmp_path)
    (tmp_path / "inspected.sql").write_text("")  # which every table has beside its pattern
    return tmp_path


@pytest.fixture
def table() -> Table:
    """A table that names the pattern `evil`."""
    return Table("things", MetaData(), schema="app", info={"access": "evil", "within": ("owner_id",), "grants": []})


def test_pattern_becomes_policies_with_their_comments(folder: Path, table: Table) -> None:
    (folder / "evil.sql").write_text(GOOD)
    forced, _, _, policy, comment = compiler.entities([table])
    assert isinstance(forced, RowSecurity)
    assert isinstance(policy, PGPolicy)
    assert (policy.signature, policy.on_entity) == ("select_owner", "app.things")
    assert " ".join(policy.definition.split()) == "for select to app_user using (owner_id = (select app.current_user_id()))"
    assert isinstance(comment, PolicyComment)
    assert comment.definition == "The owner sees rows."


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("before", ["", GOOD], ids=["alone", "behind a good one"])
def test_pattern_cannot_hold(folder: Path, table: Table, text: str, before: str) -> None:
    (folder / "evil.sql").write_text(f"{before}\n{text}\n")
    with pytest.raises(ValueError, match=r"policies/evil\.sql: (app\.things: only `create policy|this is no statement)"):
        list(compiler.entities([table]))


@pytest.mark.usefixtures("folder")
def test_table_cannot_name_a_pattern_that_is_missing(table: Table) -> None:
    with pytest.raises(ValueError, match=r"app\.things: there is no policies/evil\.sql"):
        list(compiler.entities([table]))


def test_rule_makes_one_view_that_says_what_it_is_for(folder: Path) -> None:
    rule = folder / "audit" / "rules" / "bad.sql"
    rule.parent.mkdir(parents=True)
    refused = {
        "-- Why.\ncreate view audit.rule_good as select 1;": "only `create view audit.rule_bad …;` may stand here",
        "-- Why.\ncreate view audit.rule_bad as select 1;\ngrant execute on function app.a() to app_user;": "only",
        "create view audit.rule_bad as select 1;": "say above rule_bad what it is for",
    }
    for text, words in refused.items():
        rule.write_text(text)
        with pytest.raises(ValueError, match=words):
            list(compiler.entities([]))
    rule.write_text("-- Why.\ncreate view audit.rule_bad as select 1;")
    made = {entity.type_: entity.signature for entity in compiler.entities([])}
    assert made == {
        "view": "rule_bad",
        "comment": "view audit.rule_bad",
        "view_grant": "select on audit.rule_bad to app_auditor",
    }
