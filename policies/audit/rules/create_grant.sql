-- No request makes objects: functions and operators planted in a schema are found by other people's statements.
create view audit.rule_create_grant with (security_invoker) as
select 'error' as severity, target as object, format('%s may create objects', role) as problem,
  format('revoke create on %s from %I', target, role) as mend
from audit.held where kind in ('schema', 'database') and privilege = 'create';
