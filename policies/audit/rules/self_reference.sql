-- No policy comes back to its own table through those that it reads: Postgres refuses every statement with "infinite
-- recursion".
create view audit.rule_self_reference with (security_invoker) as
with recursive edge (policy, source, target) as (
  select p.oid, relation, t.oid from audit.policies p, audit.guarded t
  where concat(qual, ' ', with_check) ~ format('\m(FROM|JOIN) \(*%s\M', replace(t.name, '.', '\.'))
),
path (policy, source, target) as (
  select * from edge union select path.policy, path.source, edge.target from path join edge on edge.source = path.target
)
select 'error' as severity, format('%I on %s', name, table_name) as object,
  'the policy reads its own table, by itself or through another policy' as problem,
  format('drop policy %I on %s', name, table_name) as mend
from audit.policies where oid in (select policy from path where source = target);
