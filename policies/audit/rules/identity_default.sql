-- The database writes whose a new row is: a column that takes the caller's id has it as its default.
create view audit.rule_identity_default with (security_invoker) as
select distinct 'error' as severity, format('%s.%I', table_name, c.name) as object,
  'no default writes the caller''s id into a new row' as problem,
  format('alter table %s alter column %I set default app.claimed_user_id()', table_name, c.name) as mend
from audit.identity_columns c join audit.identity_functions f on f.name = c.function and f.kind = 'uuid'::regtype
left join pg_catalog.pg_attrdef on adrelid = relation and adnum = number
where bound and exists (select from audit.held h where h.oid = relation and privilege = 'insert' and person)
  and audit.printed(adbin, adrelid) is distinct from 'app.claimed_user_id()'
  and not exists (select from pg_catalog.pg_index where indrelid = relation and indisprimary and indkey[0] = number);
