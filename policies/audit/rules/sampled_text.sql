-- Nothing that people wrote is sampled for the planner: EXPLAIN would tell everybody which texts others have.
create view audit.rule_sampled_text with (security_invoker) as
select 'warning' as severity, format('%s.%I', name, attname) as object,
  'EXPLAIN tells which texts are in the sample' as problem,
  format('alter table %s alter column %I set statistics 0', name, attname) as mend
from audit.guarded t join pg_catalog.pg_attribute a on attrelid = t.oid and attnum > 0 and not attisdropped
where schema = 'app' and atttypid in ('text'::regtype, 'varchar'::regtype) and coalesce(attstattarget, -1) <> 0
  and not exists (
    select from pg_catalog.pg_constraint c where conrelid = t.oid and contype = 'c' and conkey = array[attnum]
      and audit.printed(conbin, conrelid) ~ '= (ANY|''\w+''::text)'
  );
