-- A column that says whose a row is is never null: a row of nobody is one that no policy can give back.
create view audit.rule_identity_nullable with (security_invoker) as
select distinct 'error' as severity, format('%s.%I', table_name, c.name) as object,
  'the column says whose a row is, and may be null' as problem,
  format('alter table %s alter column %I set not null', table_name, c.name) as mend
from audit.identity_columns c join pg_catalog.pg_attribute on attrelid = relation and attnum = number
where bound and not attnotnull;
