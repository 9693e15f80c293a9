-- No rule rewrites what is done to a table: what it does instead, it does with the table owner's rights.
create view audit.rule_rewrite_rule with (security_invoker) as
select 'error' as severity, format('%I on %s', rulename, name) as object,
  'the rule runs with the table owner''s rights' as problem,
  format('drop rule %I on %s', rulename, name) as mend
from pg_catalog.pg_rewrite join audit.guarded t on t.oid = ev_class;
