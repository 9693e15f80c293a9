-- Nobody but requests, DBAs who look, and what tries for audit.explain, whom nobody becomes, becomes what people are: who does may bind any identity.
create view audit.rule_members with (security_invoker) as
select 'error' as severity, m.member::regrole::text as object,
  format('%s may become %s', m.member::regrole, role.name) as problem,
  format('revoke %I from %s', role.name, m.member::regrole) as mend
from pg_catalog.pg_auth_members m
join audit.request_roles role on role.oid = roleid join pg_catalog.pg_roles r on r.oid = m.member, to_jsonb(m) as options
where m.member not in (select oid from audit.request_roles) and not rolsuper
  and coalesce((options ->> 'set_option')::boolean, true)
  and not (role.name = 'app_viewer' and rolname = 'app_auditor')
  and role.name <> replace(rolname, 'app_as_', 'app_');
