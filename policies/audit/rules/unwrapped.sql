-- A policy asks its functions once for a statement, `(select f())`: called bare, they run for every row.
create view audit.rule_unwrapped with (security_invoker) as
select 'warning' as severity, format('%I on %s', p.name, table_name) as object, format('%s runs once for each row',
  f.name) as problem,
  format('alter policy %I on %s', p.name, table_name)
    || coalesce(' using (' || audit.asked_once(qual, f.name, f.kind) || ')', '')
    || coalesce(' with check (' || audit.asked_once(with_check, f.name, f.kind) || ')', '') as mend
from audit.policies p join audit.identity_functions f
  on regexp_replace(concat(qual, ' ', with_check), '\( SELECT [\w.]+\([^()]*\) AS \w+\)', '', 'g') ~ format('\m%s\(',
    f.name);
