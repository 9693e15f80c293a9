-- No foreign table stands among the application's: row security does not exist for it.
create view audit.rule_foreign_table with (security_invoker) as
select 'error' as severity, format('%I.%I', s.name, relname) as object,
  'its rows are elsewhere, and no policy guards them' as problem,
  format('drop foreign table %I.%I', s.name, relname) as mend
from pg_catalog.pg_class join audit.schemas s on s.oid = relnamespace where relkind = 'f';
