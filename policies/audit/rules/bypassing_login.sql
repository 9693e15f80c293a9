-- A login with BYPASSRLS reads all rows and is no superuser: a dump or a report that somebody forgot. So does who may become such
-- a role, or a superuser.
create view audit.rule_bypassing_login with (security_invoker) as
select 'warning' as severity, rolname::text as object, 'the login gets around every policy' as problem,
  format('alter role %I nobypassrls', rolname) as mend
from pg_catalog.pg_roles where rolcanlogin and rolbypassrls and not rolsuper
  and oid not in (select oid from audit.request_roles)
union all
select 'warning', member.rolname, format('%s may become %s, who gets around every policy', member.rolname, role.rolname),
  format('revoke %I from %I', role.rolname, member.rolname)
from pg_catalog.pg_auth_members m join pg_catalog.pg_roles role on role.oid = roleid
join pg_catalog.pg_roles member on member.oid = m.member
where (role.rolbypassrls or role.rolsuper) and not (member.rolbypassrls or member.rolsuper)
  and member.oid not in (select oid from audit.request_roles)
  and role.oid not in (select oid from audit.request_roles union select oid from audit.owners);
