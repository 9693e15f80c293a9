-- Whose a row is, is compared with who asks: a name in the text of a policy is the same person's, or workspace's, for everybody.
create view audit.rule_fixed_identity with (security_invoker) as
select 'error' as severity, format('%I on %s', p.name, p.table_name) as object,
  format('%s is compared with a value that is the same for everybody', c.name) as problem,
  format('drop policy %I on %s', p.name, p.table_name) as mend
from audit.policies p join audit.identity_columns c using (relation)
where concat(qual, ' ', with_check) ~ format('\m%s = (ANY \()?''', c.name) and p.permissive;
