-- No request empties a table past policies, hangs code on it, asks its keys by a foreign key of its own, or maintains it.
create view audit.rule_dangerous_grant with (security_invoker) as
select 'error' as severity, name as object, format('%s holds %s', role, privilege) as problem,
  format('revoke %s%s on %s from %I', privilege, ' (' || quote_ident(part) || ')', target, role) as mend
from audit.held where kind in ('table', 'view', 'column') and privilege not in ('select', 'insert', 'update', 'delete');
