-- An index that is not valid (CREATE INDEX CONCURRENTLY failed) is kept up with every write and serves no statement; if it is
-- unique, it does not keep what it says.
create view audit.rule_invalid_index with (security_invoker) as
select 'warning' as severity, indexrelid::regclass::text as object, 'the index is not valid' as problem,
  format('reindex index %s', indexrelid::regclass) as mend
from pg_catalog.pg_index join audit.guarded g on g.oid = indrelid where not (indisvalid and indisready and indislive);
