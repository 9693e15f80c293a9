-- What a request deletes takes no rows of others along: foreign keys act past policies.
create view audit.rule_foreign_key_cascade with (security_invoker) as
select distinct 'error' as severity, format('%I on %s', conname, child.table_name) as object,
  format('who deletes from %s changes rows that they do not see', h.name) as problem,
  format('alter table %s drop constraint %I, add constraint %2$I %s', child.table_name, conname,
    regexp_replace(pg_get_constraintdef(c.oid), ' ON DELETE (CASCADE|SET NULL|SET DEFAULT)', '')) as mend
from pg_catalog.pg_constraint c join audit.identity_columns child on child.relation = conrelid
join audit.held h on h.oid = confrelid and privilege = 'delete' and person
where contype = 'f' and confdeltype in ('c', 'n', 'd')
  and not exists (select from audit.identity_columns own where own.relation = conrelid and own.number = any (conkey));
