-- A policy says what a row may become, not only which rows it is about: who reads it should not have to know what
-- Postgres assumes.
create view audit.rule_check_missing with (security_invoker) as
select 'warning' as severity, format('%I on %s', name, table_name) as object,
  'the policy has no WITH CHECK; Postgres takes USING for it' as problem,
  format('alter policy %I on %s with check (%s)', name, table_name, qual) as mend
from audit.policies where command in ('update', 'all') and qual is not null and with_check is null;
