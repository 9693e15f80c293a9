-- Every foreign key has an index that leads with its columns: deleting a parent would read every child otherwise.
create view audit.rule_foreign_key_index with (security_invoker) as
select 'warning' as severity, format('%I on %s', conname, name) as object,
  'no index leads with the key''s columns' as problem,
  format('create index on %s (%s)', name, string_agg(quote_ident(attname), ', ' order by place)) as mend
from pg_catalog.pg_constraint c join audit.guarded t on t.oid = conrelid, unnest(conkey) with ordinality key (number, place)
join pg_catalog.pg_attribute on attnum = number
where contype = 'f' and attrelid = conrelid and not exists (
  select from pg_catalog.pg_index where indrelid = conrelid and indpred is null and indisvalid
    and (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey
)
group by c.oid, conname, name;
