-- What is unique is so within one owner or tenant: a unique or exclusion constraint across them tells what others have.
create view audit.rule_unique_across with (security_invoker) as
select distinct 'error' as severity, i.indexrelid::regclass::text as object,
  'its error tells whether somebody else has the value' as problem,
  case when conname is null then format('drop index %s', i.indexrelid::regclass)
    else format('alter table %s drop constraint %I', table_name, conname) end as mend
from pg_catalog.pg_index i join audit.identity_columns c on c.relation = indrelid
left join pg_catalog.pg_constraint on conindid = indexrelid and conrelid = indrelid
where (indisunique or indisexclusion) and not indisprimary and not exists (
  select from audit.identity_columns own where own.relation = indrelid and own.number = any ((indkey::int2[])[0:indnkeyatts - 1])
);
