-- Nothing of this application is everybody's: each role has what is granted to it by name.
create view audit.rule_public_grant with (security_invoker) as
select 'error' as severity, held.name as object, format('everybody holds %s', privilege) as problem,
  format('revoke %s%s on %s from public', privilege, ' (' || quote_ident(part) || ')', target) as mend
from audit.held join audit.schemas on schemas.name = schema
where role = 'public' and kind <> 'function' and privilege in ('select', 'insert', 'update', 'delete', 'usage');
