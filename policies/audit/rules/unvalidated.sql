-- Every constraint holds for the rows that are there, and is enforced for those to come.
create view audit.rule_unvalidated with (security_invoker) as
with loose (name, conname, enforced, definition) as (
  select name, conname, definition !~ ' NOT ENFORCED$', regexp_replace(definition, ' NOT ENFORCED$', '')
  from pg_catalog.pg_constraint c join audit.guarded t on t.oid = conrelid, pg_get_constraintdef(c.oid) definition
  where not convalidated
)
select 'error' as severity, format('%I on %s', conname, name) as object,
  case when enforced then 'the constraint was never checked on older rows' else 'the constraint is not enforced' end as problem,
  case when enforced then format('alter table %s validate constraint %I', name, conname)
    else format('alter table %s drop constraint %I, add constraint %2$I %s', name, conname, definition) end as mend
from loose;
