-- No request sets a superuser's setting: session_replication_role alone turns triggers and foreign keys off.
create view audit.rule_parameter_grant with (security_invoker) as
select 'error' as severity, name as object, format('%s holds %s on the setting', role, privilege) as problem,
  format('revoke %s on %s from %I', privilege, target, role) as mend
from audit.held where kind = 'parameter';
