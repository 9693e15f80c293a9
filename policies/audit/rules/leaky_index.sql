-- No index is on a type whose operators are not leakproof: under row security it serves nobody (enum, numeric, jsonb,
-- arrays, text search).
create view audit.rule_leaky_index with (security_invoker) as
select distinct 'warning' as severity, indexrelid::regclass::text as object,
  'its operators are not leakproof, so no request uses it' as problem,
  format('drop index %s', indexrelid::regclass) as mend
from pg_catalog.pg_index i join audit.guarded t on t.oid = indrelid, unnest(indclass::oid[]) class
join pg_catalog.pg_opclass o on o.oid = class
where not indisunique and not exists (
  select from pg_catalog.pg_amop join pg_catalog.pg_operator op on op.oid = amopopr
    join pg_catalog.pg_proc p on p.oid = oprcode
  where amopfamily = opcfamily and amoplefttype = opcintype and proleakproof
);
