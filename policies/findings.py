"""The audit as entities: the views and functions of `policies/audit/`, and `audit.findings`, the union of its rules.

A rule is one file, `policies/audit/rules/<rule>.sql`, with one view `audit.rule_<rule>`: a row for each thing that is wrong.
Views read what others of an earlier file name; `facts.sql` comes first, the rules come last.
"""

import re
from collections.abc import Iterator

from alembic_utils.pg_function import PGFunction
from alembic_utils.replaceable_entity import ReplaceableEntity

from policies.entities import function_grants
from policies.sql import FOLDER, Statement, statements
from policies.views import Comment, View, ViewGrant

DEFAULT = re.compile(r" default [^,)]+")
READER = "app_auditor"
UNION = "select severity, '{rule}' as rule, object, problem, mend from audit.rule_{rule}"
FINDINGS = "Everything that is wrong, errors first; no rows means healthy. \\dv audit.rule_* says what each rule is for."


def rules() -> list[str]:
    """The name of every rule."""
    return sorted(path.stem for path in (FOLDER / "audit" / "rules").glob("*.sql"))


def entities() -> Iterator[ReplaceableEntity]:
    """Functions and views with their comments, each view readable by app_auditor and nobody else.

    Raises: ValueError where one lacks its comment, or the file of a rule makes anything but its one view.
    """
    paths = sorted((FOLDER / "audit").glob("*.sql"), key=lambda path: (path.stem != "facts", path.stem))
    for path in paths:
        for statement in statements(f"audit/{path.name}"):
            yield from _entity(statement)
    names = rules()
    for rule in names:
        path_of_rule = f"audit/rules/{rule}.sql"
        made = statements(path_of_rule)
        if len(made) != 1 or not made[0].text.startswith(f"create view audit.rule_{rule} "):
            raise ValueError(f"policies/{path_of_rule}: only `create view audit.rule_{rule} …;` may stand here")
        yield from _entity(made[0])
    if names:
        yield from _entity(Statement(union(names), FINDINGS))


def union(names: list[str]) -> str:
    """The text of audit.findings: each rule's rows under its name."""
    each = [UNION.replace("{rule}", name) for name in names]
    return "create view audit.findings with (security_invoker) as\n" + "\nunion all\n".join(each) + "\norder by 1, 2, 3"


def _entity(statement: Statement) -> Iterator[ReplaceableEntity]:
    text, comment = statement
    if grants := function_grants(text):
        yield from grants
        return
    made: View | PGFunction = View.from_sql(text) if text.startswith("create view") else PGFunction.from_sql(text)
    if not comment:
        raise ValueError(f"policies/audit: say above {made.signature} what it is for: psql shows it")
    name = f"{made.schema}.{DEFAULT.sub('', made.signature)}"
    yield made
    yield Comment(made.schema, f"{made.type_} {name}", comment)
    if isinstance(made, View):
        yield ViewGrant(made.schema, f"select on {name} to {READER}", "")
