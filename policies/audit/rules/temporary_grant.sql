-- No request makes temporary objects: a temporary table or type is the classic tool against definer functions.
create view audit.rule_temporary_grant with (security_invoker) as
select 'error' as severity, target as object, format('%s may make temporary objects', role) as problem,
  format('revoke temporary on %s from %I', target, role) as mend
from audit.held where kind = 'database' and privilege = 'temporary';
