-- No request calls a trigger function: hung on a table of its own, it would be fed any old and new row.
create view audit.rule_trigger_execute with (security_invoker) as
select 'error' as severity, name as object, format('%s may hang it on a table of its own', role) as problem,
  format('revoke execute on %s from %I', target, role) as mend
from audit.held join pg_catalog.pg_proc using (oid)
where kind = 'function' and role <> 'public' and prorettype = 'trigger'::regtype;
