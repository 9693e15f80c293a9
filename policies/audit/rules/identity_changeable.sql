-- A column that says whose a row is is in no grant for update: a row would be given away, or taken.
create view audit.rule_identity_changeable with (security_invoker) as
select distinct 'error' as severity, format('%s.%I', table_name, c.name) as object,
  format('%s may change whose a row is', role) as problem,
  format('revoke update (%I) on %s from %I', c.name, table_name, role) as mend
from audit.identity_columns c join audit.held on oid = relation and part = c.name and privilege = 'update';
