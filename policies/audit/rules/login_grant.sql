-- The login of requests holds no rows by itself, so that a statement outside a bound transaction is refused, not
-- silently empty.
create view audit.rule_login_grant with (security_invoker) as
select 'error' as severity, name as object, format('app_api holds %s without an identity', privilege) as problem,
  format('revoke %s%s on %s from app_api', privilege, ' (' || quote_ident(part) || ')', target) as mend
from audit.held where role = 'app_api' and kind in ('table', 'column', 'view') and privilege in ('select', 'insert',
  'update', 'delete');
