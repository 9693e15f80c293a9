-- Who is nobody meets no row: no predicate lets through where there is no identity to compare with.
create view audit.rule_null_identity with (security_invoker) as
with asked (name, value) as (
  select name, format('(?:\( SELECT %1$s\([^()]*\) AS \w+\)|%1$s\([^()]*\))', replace(name, '.', '\.'))
  from audit.identity_functions
)
select 'error' as severity, format('%I on %s', p.name, table_name) as object,
  'lets through who is nobody' as problem,
  format('alter policy %I on %s', p.name, table_name)
    || coalesce(' using (' || regexp_replace(regexp_replace(qual, value || ' IS NULL', 'false', 'g'),
      'IS DISTINCT FROM (' || value || ')', '<> \1', 'g') || ')', '')
    || coalesce(' with check (' || regexp_replace(regexp_replace(with_check, value || ' IS NULL', 'false', 'g'),
      'IS DISTINCT FROM (' || value || ')', '<> \1', 'g') || ')', '') as mend
from audit.policies p join asked
  on concat(qual, ' ', with_check) ~ format('%1$s IS NULL|IS DISTINCT FROM \(?%1$s', value);
