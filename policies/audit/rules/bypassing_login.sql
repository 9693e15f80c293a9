-- A login with BYPASSRLS reads all rows and is no superuser: a dump or a report that somebody forgot.
create view audit.rule_bypassing_login with (security_invoker) as
select 'warning' as severity, rolname::text as object, 'the login gets around every policy' as problem,
  format('alter role %I nobypassrls', rolname) as mend
from pg_catalog.pg_roles where rolcanlogin and rolbypassrls and not rolsuper
  and oid not in (select oid from audit.request_roles);
