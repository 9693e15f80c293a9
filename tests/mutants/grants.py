"""Mutants of grants: to every column, and to every other role that a login is or may become."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from tests.mutants.mutant import Mutant

# Whoever a session of a login can be; owners of objects are nobody's to become.
ROLES = """
with recursive reach as (
  select oid from pg_roles where rolcanlogin and rolname ~ '^app_'
  union select roleid from pg_auth_members join reach on member = reach.oid)
select oid::regrole::text from reach order by 1"""
OURS = "nspowner::regrole::text ~ '^app_'"
TABLES = f"""
select format('%I.%I', nspname, relname) as name, attacl.privilege_type, rolname,
  string_agg(attname, ', ' order by attnum),
  count(*) < (select count(*) from pg_attribute a where a.attrelid = c.oid and attnum > 0 and not attisdropped)
from pg_class c join pg_namespace n on n.oid = relnamespace
join pg_attribute on attrelid = c.oid and not attisdropped, aclexplode(attacl) attacl
join pg_roles on pg_roles.oid = grantee where {OURS} and grantee <> relowner group by 1, 2, 3, c.oid
union all
select format('%I.%I', nspname, relname), privilege_type, rolname, null, false
from pg_class c join pg_namespace n on n.oid = relnamespace, aclexplode(relacl)
join pg_roles on pg_roles.oid = grantee where {OURS} and relkind in ('r', 'p') and grantee <> relowner
order by 1, 2, 3"""
FUNCTIONS = f"""
select format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)),
  array(select grantee::regrole::text from aclexplode(proacl))
from pg_proc p join pg_namespace n on n.oid = pronamespace where {OURS} order by 1"""
SCHEMAS = f"select nspname, array(select grantee::regrole::text from aclexplode(nspacl)) from pg_namespace where {OURS}"


def mutants(connection: Connection[Any]) -> Iterator[Mutant]:
    """Of every grant on tables, functions and schemas."""
    roles = [role for (role,) in connection.execute(ROLES.encode())]
    held: dict[tuple[str, str], dict[str, str | None]] = {}
    for table, privilege, role, columns, narrow in connection.execute(TABLES.encode()):
        held.setdefault((table, privilege.lower()), {})[role] = columns
        if narrow:
            sql = f"grant {privilege.lower()} on {table} to {role}"
            yield Mutant(table, f"grant {privilege.lower()} to {role}", "to every column", sql)
    for (table, privilege), holders in held.items():
        columns = next(iter(holders.values()))
        what = f"{privilege} ({columns})" if columns else privilege
        for role in roles:
            if role not in holders:
                sql = f"grant {what} on {table} to {role}"
                yield Mutant(table, f"grant {privilege}", f"to {role} too", sql)
    for query, kind, privilege in ((FUNCTIONS, "routine", "execute"), (SCHEMAS, "schema", "usage")):
        for name, holding in connection.execute(query.encode()):
            for role in roles:
                if role not in holding:
                    sql = f"grant {privilege} on {kind} {name} to {role}"
                    yield Mutant(name, f"grant {privilege}", f"to {role} too", sql)
