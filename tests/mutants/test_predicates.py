"""Expressions as Postgres prints them are weakened one step at a time, and what they quote is left alone."""

import pytest

from tests.mutants.predicates import brief, split, weakened

MINE = "(owner_id = ( SELECT app.current_user_id() AS current_user_id))"
TENANT = "(workspace_id = ANY (( SELECT app.my_workspaces('editor'::text) AS my_workspaces)::uuid[]))"
EXPECTED = {
    f"({MINE} AND (deleted_at IS NULL))": ["(deleted_at IS NULL)", MINE],
    f"({MINE} OR ((a = 1) AND (b = 2)))": ["(b = 2)", "(a = 1)"],
    "(me() = ALL (ARRAY[id, updated_by]))": ["updated_by", "id"],
    TENANT: ["'viewer'"],
    "(name = 'this AND that (')": [],
    "(EXISTS ( SELECT 1\n   FROM app.shares\n  WHERE (note_id = notes.id)))": ["WHERE (true)"],
    MINE: [],
}


@pytest.mark.parametrize(("text", "expected"), EXPECTED.items(), ids=str)
def test_each_step_takes_one_thing_away(text: str, expected: list[str]) -> None:
    found = [new for _, new in weakened(text)]
    assert len(found) == len(expected)
    for new, left in zip(found, expected, strict=True):
        assert left in new
        assert new != text
        assert new.count("(") == new.count(")") or "'" in text


def test_operands_inside_of_parentheses_and_strings_stay_together() -> None:
    assert split("(a and b) and c and 'd and e'", "and") == ["(a and b)", "c", "'d and e'"]


def test_what_postgres_adds_is_not_shown() -> None:
    assert brief(f"({MINE})") == "owner_id = app.current_user_id()"
