"""Entities that alembic-utils lacks: forced row security, policy comments and EXECUTE grants, compared by the catalog."""

import re
from collections.abc import Generator
from typing import Any

from alembic_utils.replaceable_entity import ReplaceableEntity
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

GRANT = re.compile(r"grant execute on (?:function|procedure) (?P<schema>\w+)\.(?P<function>.+\)) to (?P<roles>[\w, ]+)")

PROCEDURE = re.compile(r"create procedure (?P<schema>\w+)\.(?P<signature>\w+\(.*?\))\s+(?P<definition>language .*)", re.DOTALL)
# Of a procedure the catalog prints the mode of each argument too.
ARGUMENTS = r"regexp_replace(pg_get_function_identity_arguments(p.oid), '\mIN ', '', 'g')"


class CatalogEntity(ReplaceableEntity):
    """A fact with a name (`signature`) and a text (`definition`); subclasses say how to make, drop and find it."""

    create = drop = ""  # SQL with {schema}, {signature} and {quoted}
    found = ""  # a query of :schema, giving signature and definition

    def __init__(self, schema: str, signature: str, definition: str) -> None:
        super().__init__(schema, signature, definition)
        self.definition = definition

    def _sql(self, template: str) -> TextClause:
        # SQLAlchemy reads a colon as the start of a parameter unless it is escaped.
        quoted = self.definition.replace("'", "''").replace(":", "\\:")
        return text(template.format(schema=self.schema, signature=self.signature, quoted=quoted))

    def to_sql_statement_create(self) -> TextClause:
        """The statement that makes it so."""
        return self._sql(self.create)

    def to_sql_statement_drop(self, cascade: bool = False) -> TextClause:
        """The statement that undoes it."""
        return self._sql(self.drop)

    def to_sql_statement_create_or_replace(self) -> Generator[TextClause, None, None]:
        """Making it again replaces it."""
        yield self.to_sql_statement_create()

    def to_variable_name(self) -> str:
        """A name for the revision file."""
        words = f"{self.schema}_{self.signature}_{self.type_}".lower()
        return "".join(letter if letter.isalnum() else "_" for letter in words)

    @classmethod
    def from_database(cls, sess: Session, schema: str = "%") -> list[Any]:
        """What the catalog holds."""
        return [cls(schema, *row) for row in sess.execute(text(cls.found), {"schema": schema})]


class RowSecurity(CatalogEntity):
    """Row security enabled and forced on a table, for its owner too."""

    type_ = "row_security"
    create = "alter table {schema}.{signature} enable row level security, force row level security"
    drop = "alter table {schema}.{signature} no force row level security, disable row level security"
    found = """select relname, 'forced' from pg_class
        where relnamespace = (select oid from pg_namespace where nspname = :schema)
        and relrowsecurity and relforcerowsecurity"""


class Unsampled(CatalogEntity):
    """No planner statistics of what people wrote: EXPLAIN would tell everybody which texts others have."""

    type_ = "unsampled"
    found = """select relname || '.' || attname, attstattarget::text from pg_attribute join pg_class c on c.oid = attrelid
        where relnamespace = (select oid from pg_namespace where nspname = :schema)
        and relkind in ('r', 'p') and attnum > 0 and not attisdropped and attstattarget >= 0"""

    def _set(self, target: int) -> TextClause:
        table, _, column = self.signature.partition(".")
        return text(f"alter table {self.schema}.{table} alter column {column} set statistics {target}")

    def to_sql_statement_create(self) -> TextClause:
        """No sample."""
        return self._set(0)

    def to_sql_statement_drop(self, cascade: bool = False) -> TextClause:
        """The usual sample."""
        return self._set(-1)


class PolicyComment(CatalogEntity):
    r"""What a policy is for, where `\dd` and psql show it; signature is `<policy> on <table>`."""

    type_ = "policy_comment"
    create = "comment on policy {signature} is '{quoted}'"
    drop = "comment on policy {signature} is null"
    found = """select format('%s on %s.%s', polname, nspname, relname), description
        from pg_policy join pg_class c on c.oid = polrelid join pg_namespace n on n.oid = relnamespace
        join pg_description d on d.objoid = pg_policy.oid and d.classoid = 'pg_policy'::regclass
        where nspname = :schema"""


class FunctionGrant(CatalogEntity):
    """EXECUTE on one function for one role; signature is `<function>(<arguments>) to <role>`."""

    type_ = "function_grant"
    create = "grant execute on routine {schema}.{signature}"
    # A function whose ACL is null is everybody's.
    found = """select format('%s(%s) to %s', proname, {arguments},
            case when grantee = 0 then 'public' else grantee::regrole::text end), 'execute'
        from pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner)))
        where pronamespace = (select oid from pg_namespace where nspname = :schema) and grantee <> proowner""".replace(
        "{arguments}", ARGUMENTS
    )

    def to_sql_statement_drop(self, cascade: bool = False) -> TextClause:
        """The revoke."""
        function, _, role = self.signature.rpartition(" to ")
        return text(f"revoke execute on routine {self.schema}.{function} from {role}")


class Procedure(CatalogEntity):
    """A procedure: what alembic-utils does for functions; `definition` begins with its language."""

    type_ = "procedure"
    drop = "drop procedure {schema}.{signature}"
    found = r"""select format('%s(%s)', proname, {arguments}), substring(pg_get_functiondef(p.oid) from '\n LANGUAGE .*')
        from pg_proc p where prokind = 'p' and pronamespace = (select oid from pg_namespace where nspname = :schema)""".replace(
        "{arguments}", ARGUMENTS
    )

    @classmethod
    def from_sql(cls, sql: str) -> "Procedure":
        """Raises ValueError where the statement makes no procedure."""
        parts = PROCEDURE.fullmatch(sql)
        if not parts:
            raise ValueError(f"this makes no procedure: {sql[:60]!r}")
        return cls(*parts.groups())

    def to_sql_statement_create(self) -> TextClause:
        """The procedure, in place of one that is there."""
        definition = self.definition.replace(":", "\\:")
        return text(f"create or replace procedure {self.schema}.{self.signature} {definition}")


def function_grants(text: str) -> list[FunctionGrant]:
    """A grant for each role that the statement names; none where it is something else."""
    grant = GRANT.fullmatch(text)
    roles = grant["roles"].split(", ") if grant else []
    return [FunctionGrant(grant["schema"], f"{grant['function']} to {role}", "execute") for role in roles if grant]
