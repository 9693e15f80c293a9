"""What the catalog really has, where alembic-utils' own queries look away: grants to PUBLIC, disabled triggers."""

from typing import Any

from alembic_utils.pg_grant_table import PGGrantTable
from alembic_utils.pg_trigger import PGTrigger
from sqlalchemy import text
from sqlalchemy.orm import Session

# MAINTAIN (17 and later) is unknown to alembic-utils; policies/effective.sql shows it.
GRANTS = """
select relname, coalesce(rolname, 'public'), privilege_type, bool_or(is_grantable), bool_or(attname is null),
  case when bool_or(attname is null) then array(
    select attname::text from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped
  ) else array_agg(attname::text) end
from pg_class c
join lateral (
  select null::name as attname, whole.* from aclexplode(relacl) whole
  union all
  select attname, part.* from pg_attribute, aclexplode(attacl) part where attrelid = c.oid and not attisdropped
) each_grant on grantee <> relowner and privilege_type <> 'MAINTAIN'
left join pg_roles on pg_roles.oid = grantee
where relnamespace = (select oid from pg_namespace where nspname = :schema) and relkind in ('r', 'p', 'm', 'f')
group by c.oid, relname, rolname, privilege_type"""

DISABLED = """
select format('%I.%I', nspname, relname), tgname
from pg_trigger join pg_class c on c.oid = tgrelid join pg_namespace n on n.oid = relnamespace
where nspname = :schema and tgenabled <> 'O'"""

# What somebody else owns, app_owner can neither compare nor mend.
STRANGERS = """
select format('%s %s', kind, name), owner::regrole::text,
  case schema::regnamespace::text when 'seal' then 'app_seal' else 'app_owner' end
from (
  select 'table', c.oid::regclass::text, relowner, relnamespace from pg_class c where relkind in ('r', 'p', 'v', 'm', 'f')
  union all
  select 'function', p.oid::regprocedure::text, proowner, pronamespace from pg_proc p
) ours (kind, name, owner, schema)
where schema::regnamespace::text in ('app', 'auth', 'audit')
  and owner::regrole::text not in ('app_owner', 'app_inspector') and not starts_with(owner::regrole::text, 'app_as_')
  or schema::regnamespace::text = 'seal' and owner::regrole::text <> 'app_seal'
order by 1"""


class FoundGrant(PGGrantTable):
    """A table grant. A whole table's is not the same as one of all columns: it covers columns yet to come, and LOCK TABLE."""

    whole = False

    @property
    def definition(self) -> str:  # type: ignore[override]
        """What is compared."""
        return f"{self}{' on the whole table' * self.whole}"

    @classmethod
    def from_database(cls, sess: Session, schema: str = "%") -> list[Any]:
        """By the ACLs themselves, whoever granted."""
        grants = []
        for table, role, command, grantable, whole, columns in sess.execute(text(GRANTS), {"schema": schema}):
            by_column = command in {"SELECT", "INSERT", "UPDATE", "REFERENCES"}
            grant = cls(schema, table, role, command, columns if by_column else None, grantable)
            grant.whole = whole and by_column
            grants.append(grant)
        return grants


class FoundTrigger(PGTrigger):
    """A trigger; one that is disabled is not the one that is wanted."""

    @classmethod
    def from_database(cls, sess: Session, schema: str = "%") -> list[Any]:
        """All but the constraints' own."""
        disabled = {(table, name) for table, name in sess.execute(text(DISABLED), {"schema": schema})}
        triggers: list[Any] = super().from_database(sess, schema)  # type: ignore[no-untyped-call]
        for trigger in triggers:
            if (trigger.on_entity, trigger.signature) in disabled:
                trigger.definition += " /* disabled */"
        return triggers
