-- No index repeats another: every write pays for both.
create view audit.rule_duplicate_index with (security_invoker) as
with index (oid, relation, text) as (
  select indexrelid, indrelid, regexp_replace(pg_get_indexdef(indexrelid), '^.* INDEX .* ON ', '') || indisunique
  from pg_catalog.pg_index join audit.guarded t on t.oid = indrelid
)
select distinct 'warning' as severity, i.oid::regclass::text as object, 'the index repeats another' as problem,
  format('drop index %s', i.oid::regclass) as mend
from index i join index other using (relation, text)
where i.oid > other.oid and not exists (select from pg_catalog.pg_constraint where conindid = i.oid);
