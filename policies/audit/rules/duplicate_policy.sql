-- No permissive policy repeats another: one of them will be changed one day, and the other will go on letting in.
create view audit.rule_duplicate_policy with (security_invoker) as
select distinct 'warning' as severity, format('%I on %s', p.name, p.table_name) as object,
  format('the policy repeats %I', other.name) as problem, format('drop policy %I on %s', p.name, p.table_name) as mend
from audit.policies p join audit.policies other using (relation)
where p.oid > other.oid and p.permissive and other.permissive and p.roles && other.roles
  and p.command = other.command and p.qual is not distinct from other.qual
  and p.with_check is not distinct from other.with_check;
