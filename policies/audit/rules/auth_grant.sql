-- Nobody but app_auth enters the schema of credentials.
create view audit.rule_auth_grant with (security_invoker) as
select 'error' as severity, name as object, format('%s holds %s in schema auth', role, privilege) as problem,
  format('revoke %s%s on %s from %I', privilege, ' (' || quote_ident(part) || ')', target, role) as mend
from audit.held where schema = 'auth' and role not in ('app_auth', 'public');
