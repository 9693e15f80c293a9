-- Only behind a fence, which verifies it, may a policy read the claimed identity: roles that none stands before must be
-- verified by the policy that lets them in.
create view audit.rule_unverified_identity with (security_invoker) as
select 'error' as severity, format('%I on %s', name, table_name) as object,
  'lets in whoever claims to be somebody' as problem,
  format('alter policy %I on %s', name, table_name)
    || coalesce(' using (' || replace(qual, 'claimed_user_id', 'current_user_id') || ')', '')
    || coalesce(' with check (' || replace(with_check, 'claimed_user_id', 'current_user_id') || ')', '') as mend
from audit.policies
where permissive and concat(qual, ' ', with_check) ~ '\mapp\.claimed_user_id\('
  and not roles <@ array(select name::text from audit.request_roles where person);
