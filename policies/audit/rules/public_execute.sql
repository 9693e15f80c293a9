-- A function is for those whom a grant names; a definer function of everybody's runs with its owner's rights for anybody.
create view audit.rule_public_execute with (security_invoker) as
select 'error' as severity, name as object,
  case when prosecdef then 'everybody may call it with its owner''s rights' else 'everybody may call it' end as problem,
  format('revoke execute on %s from public', target) as mend
from audit.held join pg_catalog.pg_proc using (oid)
where kind = 'function' and role = 'public' and (prosecdef or schema in (select name from audit.schemas));
