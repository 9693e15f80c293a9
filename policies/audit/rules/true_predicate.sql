-- No predicate is always true, but what lets app_inspector read, whom nobody becomes; the mend repeats what the table's fence allows, which is what is left of it anyhow.
create view audit.rule_true_predicate with (security_invoker) as
with always (pattern) as (
  values ('^\(?true\)?$|\mOR \(?true\M|(?:^|\()true\)? OR\M|(?<![.\w])(\w+) = \1(?![.\w])')
),
fence (relation, qual, with_check) as (
  select relation, max(qual), max(with_check) from audit.policies, always
  where not permissive and command = 'all' and qual !~ pattern and with_check !~ pattern group by 1 having count(*) = 1
),
instead (relation, qual, with_check) as (
  select relation, string_agg(distinct qual, ' or '), string_agg(distinct with_check, ' or ') from audit.policies, always
  where permissive and qual !~ pattern group by 1
)
select 'error' as severity, format('%I on %s', p.name, table_name) as object, 'the predicate is always true' as problem,
  format('alter policy %I on %s', p.name, table_name)
    || coalesce(' using (' || case when p.qual ~ pattern then coalesce(fence.qual, instead.qual, 'false')
      else p.qual end || ')', '')
    || coalesce(' with check (' || case when p.with_check ~ pattern
      then coalesce(fence.with_check, instead.with_check, 'false') else p.with_check end || ')', '') as mend
from audit.policies p left join fence using (relation) left join instead using (relation), always
where (p.qual ~ pattern or p.with_check ~ pattern)
  and not (p.roles = array['app_inspector'] and p.command = 'select');
