-- No function that a request may call runs as somebody who gets around policies.
create view audit.rule_definer_owner with (security_invoker) as
select distinct 'error' as severity, name as object, format('it runs as %s, whom no policy holds', rolname) as problem,
  format('alter routine %s security invoker', name) as mend
from audit.held join pg_catalog.pg_proc using (oid) join pg_catalog.pg_roles r on r.oid = proowner
where kind = 'function' and prosecdef and (rolsuper or rolbypassrls) and proowner not in (select oid from audit.owners);
