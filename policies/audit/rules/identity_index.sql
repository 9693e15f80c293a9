-- A column that says whose a row is leads an index: without one every statement of everybody reads everybody's rows.
create view audit.rule_identity_index with (security_invoker) as
select distinct 'warning' as severity, format('%s.%I', table_name, name) as object,
  'no index leads with the column by which every statement is filtered' as problem,
  format('create index on %s (%I)', table_name, name) as mend
from audit.identity_columns
where not exists (select from pg_catalog.pg_index where indrelid = relation and indkey[0] = number and indisvalid);
