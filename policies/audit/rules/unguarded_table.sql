-- A table anywhere that requests hold a grant on forces row security too.
create view audit.rule_unguarded_table with (security_invoker) as
select distinct 'error' as severity, h.name as object, format('%s holds a grant, and row security is not forced',
  role) as problem,
  format('alter table %s enable row level security, force row level security', h.name) as mend
from audit.held h join pg_catalog.pg_class c using (oid)
where kind in ('table', 'column') and relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)
  and h.oid not in (select oid from audit.guarded);
