-- What is in the application's schemas belongs to its owners: whoever owns a thing changes it and its policies at will.
create view audit.rule_owner with (security_invoker) as
with thing (kind, name, owner) as (
  select case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
    when 'f' then 'foreign table' else 'table' end, format('%I.%I', s.name, relname), relowner
  from pg_catalog.pg_class join audit.schemas s on s.oid = relnamespace where relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  union all
  select 'routine', format('%I.%I(%s)', s.name, proname, pg_get_function_identity_arguments(p.oid)), proowner
  from pg_catalog.pg_proc p join audit.schemas s on s.oid = pronamespace
  union all
  select 'schema', quote_ident(name), owner from audit.schemas
)
select 'error' as severity, name as object, format('the %s belongs to %s', kind, owner::regrole) as problem,
  format('alter %s %s owner to app_owner', kind, name) as mend
from thing where owner not in (select oid from audit.owners);
