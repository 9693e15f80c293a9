-- Every table has a primary key: what a row is called, for keys, paging and replication.
create view audit.rule_no_primary_key with (security_invoker) as
select 'warning' as severity, name as object, 'the table has no primary key' as problem,
  case when exists (select from pg_catalog.pg_attribute where attrelid = t.oid and attname = 'id' and not attisdropped)
    then format('alter table %s add primary key (id)', name)
    else format('alter table %s add column id uuid default app.uuidv7() primary key', name) end as mend
from audit.guarded t where not exists (select from pg_catalog.pg_index where indrelid = t.oid and indisprimary);
