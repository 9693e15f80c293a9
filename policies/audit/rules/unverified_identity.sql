-- Only behind a fence, which verifies it, may a policy read the claimed identity: roles that none stands before must be
-- verified by the policy that lets them in. But app_seal reads memberships as claimed, for seal.claimed_workspaces, which itself
-- lets in behind fences alone.
create view audit.rule_unverified_identity with (security_invoker) as
select 'error' as severity, format('%I on %s', name, table_name) as object,
  'lets in whoever claims to be somebody' as problem,
  format('alter policy %I on %s', name, table_name)
    || coalesce(' using (' || replace(replace(qual, 'claimed_user_id', 'current_user_id'), 'seal.claimed_workspaces',
      'app.my_workspaces') || ')', '')
    || coalesce(' with check (' || replace(replace(with_check, 'claimed_user_id', 'current_user_id'),
      'seal.claimed_workspaces', 'app.my_workspaces') || ')', '') as mend
from audit.policies
where permissive and concat(qual, ' ', with_check) ~ '\m(app|seal)\.claimed_\w+\('
  and not roles <@ array(select name::text from audit.request_roles where person)
  and not (roles = array['app_seal'] and table_name = 'app.memberships' and command = 'select');
