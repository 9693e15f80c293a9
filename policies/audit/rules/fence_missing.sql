-- A fence repeats who may at most see and write, for every role of a person: without it one permissive policy too many
-- opens rows.
create view audit.rule_fence_missing with (security_invoker) as
select 'error' as severity, format('%s for %I', table_name, role.name) as object,
  'no restrictive policy for all commands repeats who may at most see and write' as problem,
  format('create policy %I on %s as restrictive for all to %I using (%s) with check (%s)', 'fence_' || role.name,
    table_name,
    role.name, string_agg(distinct qual, ' or '), coalesce(string_agg(distinct with_check, ' or '), 'false')) as mend
from audit.policies p join audit.request_roles role on role.name = any (roles) and person
where permissive and not exists (
  select from audit.policies fence where fence.relation = p.relation and not fence.permissive and fence.command = 'all'
    and role.name = any (fence.roles) and fence.qual is not null and fence.with_check is not null
)
group by table_name, role.name;
