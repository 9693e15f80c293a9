"""A function whose result is another is dropped and made again: Postgres replaces a body, never what it returns."""

import re
from collections.abc import Iterable, Iterator

from alembic_utils.pg_function import PGFunction
from alembic_utils.replaceable_entity import ReplaceableEntity

from policies.entities import FunctionGrant
from policies.views import Comment

RESULT = re.compile(r"returns\s+(.*?)\s+language\s", re.DOTALL | re.IGNORECASE)
AGAIN = """
do $again$ begin
  execute $replace${0}$replace$;
exception when invalid_function_definition then
  execute format('drop function %s', (select oid::regprocedure from pg_proc
    where pronamespace = '{1}'::regnamespace and proname = '{2}'));
  execute $replace${0}$replace$;
end $again$"""


def differ(one: ReplaceableEntity, other: ReplaceableEntity) -> bool:
    """Whether two functions, both as the catalog prints them, return different things."""
    found = [RESULT.match(function.definition) for function in (one, other)]
    return all(found) and len({match[1] for match in found if match}) == 2


def of(entity: ReplaceableEntity, function: ReplaceableEntity) -> bool:
    """Whether it is a grant on this function, or its comment: gone when it is."""
    name = f"{function.schema}.{function.signature.partition('(')[0]}("
    granted = isinstance(entity, FunctionGrant) and f"{entity.schema}.{entity.signature}".startswith(name)
    return granted or (isinstance(entity, Comment) and entity.signature.startswith(f"function {name}"))


def made(entity: ReplaceableEntity, statements: Iterable[str]) -> Iterator[str]:
    """The statements that make an entity, whatever a function of this name returned before."""
    if not isinstance(entity, PGFunction):
        return iter(statements)
    name = entity.signature.partition("(")[0]
    return (AGAIN.format(each.rstrip().rstrip(";"), entity.schema, name) for each in statements)
