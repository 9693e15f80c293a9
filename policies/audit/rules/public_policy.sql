-- A policy names the roles that it is for: one for everybody is for each role that is ever made.
create view audit.rule_public_policy with (security_invoker) as
select 'error' as severity, format('%I on %s', name, table_name) as object,
  'the policy is for everybody' as problem,
  format('alter policy %I on %s to app_user', name, table_name) as mend
from audit.policies where 'public' = any (roles);
