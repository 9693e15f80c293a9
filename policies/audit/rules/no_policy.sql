-- Every table has a policy: without one nobody but a role that bypasses sees a row, and nothing says that this was meant.
create view audit.rule_no_policy with (security_invoker) as
select 'warning' as severity, name as object, 'the table has no policy' as problem,
  format('create policy nobody on %s as restrictive for all to app_user using (false) with check (false)', name) as mend
from audit.guarded t where not exists (select from audit.policies where relation = t.oid);
