-- Requests' roles, and app_auditor, make no roles and no databases, do not replicate, inherit nothing, and log in only where they must.
create view audit.rule_role_attributes with (security_invoker) as
with attribute (role, words, mend) as (
  select rolname, 'may create roles', 'nocreaterole' from pg_catalog.pg_roles where rolcreaterole
  union all select rolname, 'may create databases', 'nocreatedb' from pg_catalog.pg_roles where rolcreatedb
  union all select rolname, 'may replicate every row', 'noreplication' from pg_catalog.pg_roles where rolreplication
  union all select rolname, 'has what its roles have without asking', 'noinherit' from pg_catalog.pg_roles
    where rolinherit and not starts_with(rolname, 'app_as_')
  union all select rolname, 'may log in', 'nologin' from pg_catalog.pg_roles
    where rolcanlogin and rolname not in ('app_api', 'app_auth')
)
select 'error' as severity, role::text as object, words as problem, format('alter role %I %s', role, attribute.mend) as mend
from attribute where role in (select name from audit.request_roles union select name from audit.owners union select 'app_auditor');
