"""Entities for views, who may read them, and comments: the catalog's own text is what is compared."""

import re

from alembic_utils.replaceable_entity import ReplaceableEntity
from sqlalchemy import TextClause, text

from policies.entities import ARGUMENTS, CatalogEntity

VIEW = re.compile(r"create view (?P<schema>\w+)\.(?P<name>\w+)\s+(?P<definition>.*)", re.DOTALL)


class View(CatalogEntity):
    """A view; definition is all that stands behind its name, `with (security_invoker) as select …`."""

    type_ = "view"
    drop = "drop view {schema}.{signature}"
    # By oid, so that a view comes after those that it reads: a changed one is made anew, together with its readers.
    found = """select relname, concat('with (' || array_to_string(reloptions, ', ') || ') ', 'as', pg_get_viewdef(oid))
        from pg_class where relkind = 'v' and relnamespace = (select oid from pg_namespace where nspname = :schema)
        order by oid"""

    @classmethod
    def from_sql(cls, sql: str) -> "View":
        """Raises ValueError where the statement makes no view."""
        parts = VIEW.fullmatch(sql)
        if not parts:
            raise ValueError(f"this makes no view: {sql[:60]!r}")
        return cls(parts["schema"], parts["name"], parts["definition"])

    def to_sql_statement_create(self) -> TextClause:
        """The view."""
        definition = self.definition.replace(":", "\\:")
        return text(f"create view {self.schema}.{self.signature} {definition}")

    def reads(self, other: ReplaceableEntity) -> bool:
        """Whether it names the other one, a view or a function."""
        name = other.signature.partition("(")[0]
        return re.search(rf"\b{other.schema}\.{name}\b", self.definition) is not None


class OfView(CatalogEntity):
    """What is gone when its view is."""

    def of(self, view: View) -> bool:
        """Whether it is this view's."""
        return f" {view.schema}.{view.signature} " in f" {self.signature} "


class ViewGrant(OfView):
    """A privilege on a view; signature is `select on <schema>.<view> to <role>`."""

    type_ = "view_grant"
    create = "grant {signature}"
    found = """select format('%s on %s.%s to %s', lower(privilege_type) || attributes, relnamespace::regnamespace, relname,
            coalesce(rolname, 'public')), case when bool_or(is_grantable) then 'with grant option' else '' end
        from pg_class c, lateral (
          select '' as attributes, whole.* from aclexplode(relacl) whole
          union all
          select format(' (%I)', attname), part.* from pg_attribute, aclexplode(attacl) part where attrelid = c.oid
        ) each_grant left join pg_roles on pg_roles.oid = grantee
        where relkind = 'v' and relnamespace = (select oid from pg_namespace where nspname = :schema) and grantee <> relowner
        group by relnamespace, relname, privilege_type, attributes, rolname"""

    def to_sql_statement_drop(self, cascade: bool = False) -> TextClause:
        """The revoke."""
        granted, _, role = self.signature.rpartition(" to ")
        return text(f"revoke {granted} from {role}")


class Comment(OfView):
    r"""What a view or function is for, where `\dv+` and `\df+` show it; signature is `view <schema>.<name>`."""

    type_ = "comment"
    create = "comment on {signature} is '{quoted}'"
    drop = "comment on {signature} is null"
    found = """select format('view %s.%s', relnamespace::regnamespace, relname), description
        from pg_class c join pg_description d on d.objoid = c.oid and classoid = 'pg_class'::regclass and objsubid = 0
        where relkind = 'v' and relnamespace = (select oid from pg_namespace where nspname = :schema)
        union all
        select format('%s %s.%s(%s)', case prokind when 'p' then 'procedure' else 'function' end,
          pronamespace::regnamespace, proname, {arguments}), description
        from pg_proc p join pg_description d on d.objoid = p.oid and classoid = 'pg_proc'::regclass
        where pronamespace = (select oid from pg_namespace where nspname = :schema)""".replace("{arguments}", ARGUMENTS)
