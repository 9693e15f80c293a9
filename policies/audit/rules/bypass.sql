-- None of the application's roles gets around policies by an attribute.
create view audit.rule_bypass with (security_invoker) as
select 'error' as severity, rolname::text as object,
  case when rolsuper then 'the role is a superuser' else 'the role has BYPASSRLS' end as problem,
  format('alter role %I nosuperuser nobypassrls', rolname) as mend
from pg_catalog.pg_roles
where (rolsuper or rolbypassrls)
  and (oid in (select oid from audit.request_roles union select oid from audit.owners) or rolname = 'app_auditor');
