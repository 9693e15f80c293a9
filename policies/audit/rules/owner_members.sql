-- Nobody becomes an owner: who does changes policies at will, or reads every row as app_inspector. Superusers can, and the
-- login that migrates, which owns the database or makes roles.
create view audit.rule_owner_members with (security_invoker) as
select 'error' as severity, rolname::text as object, format('%s may become %s', rolname, owner.name) as problem,
  format('revoke %I from %I', owner.name, rolname) as mend
from pg_catalog.pg_auth_members m join audit.owners owner on owner.oid = roleid join pg_catalog.pg_roles r on r.oid = m.member
where not rolsuper and not rolcreaterole and r.oid not in (select oid from audit.request_roles)
  and r.oid <> (select datdba from pg_catalog.pg_database where datname = current_database());
