-- No request hands on what it holds.
create view audit.rule_grant_option with (security_invoker) as
select 'error' as severity, name as object, format('%s may grant %s to others', role, privilege) as problem,
  format('revoke grant option for %s%s on %s from %I cascade', privilege, ' (' || quote_ident(part) || ')', target,
    role) as mend
from audit.held where grantable;
