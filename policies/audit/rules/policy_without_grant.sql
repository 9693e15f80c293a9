-- A policy for a command that its role is not granted serves nobody, and waits for a grant to open it.
create view audit.rule_policy_without_grant with (security_invoker) as
select 'warning' as severity, format('%I on %s', p.name, table_name) as object,
  'no role of the policy holds a grant for its command' as problem, format('drop policy %I on %s', p.name,
    table_name) as mend
from audit.policies p
where permissive and roles <@ array(select name::text from audit.request_roles) and not exists (
  select from audit.held h where h.oid = relation and h.role = any (roles) and command in (privilege, 'all')
);
