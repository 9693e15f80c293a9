-- A fence repeats who may at most see and write, for every role of a person, and asks who is verified: without it one
-- permissive policy too many opens rows, and a forged identity those of its person.
create view audit.rule_fence_missing with (security_invoker) as
select 'error' as severity, format('%s for %I', table_name, role.name) as object,
  'no restrictive policy for all commands repeats who may at most see and write' as problem,
  format('create policy %I on %s as restrictive for all to %I using (%s) with check (%s)', 'fence_' || role.name,
    table_name,
    role.name, replace(replace(string_agg(distinct qual, ' or '), 'claimed_user_id', 'current_user_id'), 'seal.claimed_workspaces',
      'app.my_workspaces'),
    replace(replace(coalesce(string_agg(distinct with_check, ' or '), 'false'), 'claimed_user_id', 'current_user_id'),
      'seal.claimed_workspaces', 'app.my_workspaces')) as mend
from audit.policies p join audit.request_roles role on role.name = any (roles) and person
where permissive and not exists (
  select from audit.policies fence where fence.relation = p.relation and not fence.permissive and fence.command = 'all'
    and role.name = any (fence.roles) and not exists (
      select from (values (fence.qual), (fence.with_check)) half (predicate)
      where predicate is null or predicate ~ '(app|seal)\.claimed_\w+\('
        and regexp_replace(predicate, '(app|seal)\.claimed_\w+\(', '', 'g') !~ '\mapp\.\w+\('
    )
)
group by table_name, role.name;
