"""No file of policies lets a request past every fence, and one table's own file may borrow the fence of a pattern."""

from pathlib import Path

import pytest
from alembic_utils.pg_policy import PGPolicy
from sqlalchemy import MetaData, Table

from policies import compile as compiler
from policies import findings, sql

SELECT = """
-- The owner sees rows.
create policy select_owner on {table} for select to app_user using (owner_id = (select app.current_user_id()));
"""
FENCE = """
-- At most the owner.
create policy fence on {table} as restrictive for all to app_user
  using (owner_id = (select app.current_user_id()))
  with check (owner_id = (select app.current_user_id()));
"""
PAST = "select_owner lets app_user in, and no fence stands before it: begin the file with a line `-- fence: owner`, or"
REFUSED = {
    "no fence": ("", PAST),
    "a permissive one": (FENCE.replace("as restrictive ", ""), "fence lets app_user in, and no fence stands before it"),
    "one for reads alone": (FENCE.replace("for all", "for select").partition("  with check")[0] + ";", PAST),
    "one that checks no new row": (FENCE.partition("  with check")[0] + ";", PAST),
    "one that lets all rows pass": (FENCE.replace("using (owner_id = (select app.current_user_id()))", "using (true)"), PAST),
    "one that asks nobody": (FENCE.replace("owner_id = (select app.current_user_id())", "owner_id is not null"), PAST),
    "one that takes their word": (FENCE.replace("current_user_id", "claimed_user_id"), PAST),
    "one that takes their word for their workspaces": (
        FENCE.replace("= (select app.current_user_id())", "= any ((select seal.claimed_workspaces())::uuid[])"),
        PAST,
    ),
    "one that takes their word for a new row": (
        FENCE.partition("with check")[0] + "with check (owner_id = (select app.claimed_user_id()));",
        PAST,
    ),
    "a policy that takes the word of a role behind no fence": (
        FENCE + "\ncreate policy loose on {table} for select to app_owner using (owner_id = (select app.claimed_user_id()));",
        "loose takes an identity that no fence verifies: ask app.current_user_id()",
    ),
    **{
        f"a policy that takes the word for their workspaces of {role}": (
            FENCE + f"\ncreate policy loose on {{table}} for select to {role} "
            "using (owner_id = any ((select seal.claimed_workspaces('owner'))::uuid[]));",
            "loose takes an identity that no fence verifies: ask app.current_user_id()",
        )
        for role in ("app_owner", "app_auth", "app_inspector")
    },
    "what is app_seal's at memberships alone": (
        FENCE + "\ncreate policy loose on {table} for select to app_seal using (owner_id = (select app.claimed_user_id()));",
        "loose lets app_seal in, and no fence stands before it",
    ),
    "one that compares something else": (FENCE.replace("owner_id =", "created_by ="), PAST),
    "one for another role": (FENCE.replace("app_user", "app_trash"), PAST),
    "a policy for everybody": (
        FENCE + "\ncreate policy loose on {table} for select using (owner_id is null);",
        "loose names no role: write `to app_user`",
    ),
    "a policy for one role more": (
        FENCE + "\ncreate policy bin on {table} for select to app_user, app_trash using (owner_id is null);",
        "bin lets app_trash in, and no fence stands before it",
    ),
    "a loan of nothing": (
        "-- fence: credentials\n",
        "policies/credentials.sql has no fence to borrow: name a pattern that has one",
    ),
}


def policies(folder: Path, text: str) -> list[PGPolicy]:
    """The policies of a table with a file of its own."""
    (folder / "deals.sql").write_text(text)
    table = Table("deals", MetaData(), schema="app", info={"access": "deals", "within": ("owner_id",), "grants": []})
    return [entity for entity in compiler.entities([table]) if isinstance(entity, PGPolicy)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Our patterns, and one more file."""
    for path in sql.FOLDER.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text())
    for module in (sql, compiler, findings):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.parametrize(("fence", "said"), REFUSED.values(), ids=REFUSED)
def test_file_cannot_have(folder: Path, fence: str, said: str) -> None:
    with pytest.raises(sql.Refused, match=r"^policies/deals\.sql: app\.deals: ") as refused:
        policies(folder, f"-- deals.\n{fence}\n{SELECT}")
    assert said in str(refused.value)


def test_file_may_write_its_fence(folder: Path) -> None:
    assert [policy.signature for policy in policies(folder, FENCE + SELECT)] == ["fence", "select_owner", "select_inspector"]


def test_file_may_borrow_a_fence_word_for_word(folder: Path) -> None:
    lent = [each.text for each in sql.statements("owner.sql", table="app.deals") if "policy fence" in each.text]
    made = policies(folder, f"-- deals.\n-- fence: owner\n{SELECT}")
    fences = ["fence", "fence_insert", "fence_signed"]
    assert [policy.signature for policy in made] == [*fences, "select_owner", "select_inspector"]
    assert [policy.definition for policy in made[:3]] == [PGPolicy.from_sql(text).definition for text in lent]
