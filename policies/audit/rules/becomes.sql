-- Requests become people and nothing else: no owner, no reader of all data or of the server's files, no role that bypasses.
create view audit.rule_becomes with (security_invoker) as
select 'error' as severity, member.name::text as object, format('%s may become %s', member.name,
  roleid::regrole) as problem,
  format('revoke %s from %I', roleid::regrole, member.name) as mend
from pg_catalog.pg_auth_members m join audit.request_roles member on member.oid = m.member
where not (member.name = 'app_api' and roleid in (select oid from audit.request_roles where person and name <> 'app_viewer'));
