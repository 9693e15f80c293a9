"""The audit as entities: the views and functions of `policies/audit/`, and `audit.findings`, the union of its rules.

A rule is one file, `policies/audit/rules/<rule>.sql`, with one view `audit.rule_<rule>`: a row for each thing that is wrong.
`facts.sql` comes first, the other files by name, then the rules, and `findings.sql` last.
"""

import re
from collections.abc import Iterator
from textwrap import fill

from alembic_utils.pg_function import PGFunction
from alembic_utils.replaceable_entity import ReplaceableEntity

from policies.entities import Procedure, function_grants
from policies.sql import FOLDER, Statement, statements
from policies.views import Comment, View, ViewGrant

DEFAULT = re.compile(r" default [^,)]+")
READER = "app_auditor"
EACH = "select found.severity, '{rule}', found.object, found.problem, found.mend from audit.rule_{rule} found"


def rules() -> list[str]:
    """The name of every rule."""
    return sorted(path.stem for path in (FOLDER / "audit" / "rules").glob("*.sql"))


def entities() -> Iterator[ReplaceableEntity]:
    """Functions and views with their comments, each view readable by app_auditor and nobody else.

    Raises: ValueError where one lacks its comment, or the file of a rule makes anything but its one view.
    """
    names = {path.stem for path in (FOLDER / "audit").glob("*.sql")}
    for name in sorted(names - {"findings"}, key=lambda name: (name != "facts", name)):
        yield from _file(f"audit/{name}.sql")
    for rule in rules():
        path = f"audit/rules/{rule}.sql"
        made = statements(path)
        if len(made) != 1 or not made[0].text.startswith(f"create view audit.rule_{rule} "):
            raise ValueError(f"policies/{path}: only `create view audit.rule_{rule} …;` may stand here")
        yield from _entity(made[0])
    if "findings" in names:
        union = "\n  union all ".join(EACH.replace("{rule}", rule) for rule in rules())
        yield from _file("audit/findings.sql", rules=union)


def _file(path: str, **names: str) -> Iterator[ReplaceableEntity]:
    for statement in statements(path, **names):
        yield from _entity(statement)


def _entity(statement: Statement) -> Iterator[ReplaceableEntity]:
    text, said = statement
    if grants := function_grants(text):
        yield from grants
        return
    made: View | PGFunction = View.from_sql(text) if text.startswith("create view") else PGFunction.from_sql(text)
    if not said:
        raise ValueError(f"policies/audit: say above {made.signature} what it is for: psql shows it")
    yield made
    yield comment(made, said)
    if isinstance(made, View):
        yield ViewGrant(made.schema, f"select on {made.schema}.{made.signature} to {READER}", "")


def comment(made: View | PGFunction | Procedure, text: str) -> Comment:
    """What psql shows beside it; of the functions that a DBA lists, in lines that a screen holds."""
    if made.schema == "audit" and not isinstance(made, View):
        text = fill(text, 88)
    return Comment(made.schema, f"{made.type_} {made.schema}.{DEFAULT.sub('', made.signature)}", text)
