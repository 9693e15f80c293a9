-- Looking through somebody's eyes changes nothing.
create view audit.rule_viewer_writes with (security_invoker) as
select 'error' as severity, name as object, format('app_viewer holds %s', privilege) as problem,
  format('revoke %s%s on %s from app_viewer', privilege, ' (' || quote_ident(part) || ')', target) as mend
from audit.held where role = 'app_viewer' and privilege in ('insert', 'update', 'delete');
