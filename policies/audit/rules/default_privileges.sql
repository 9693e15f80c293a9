-- Nothing yet to be made is open already: neither to requests by default privileges, nor, for functions, to everybody.
create view audit.rule_default_privileges with (security_invoker) as
with kind (letter, words) as (
  values ('r'::"char", 'tables'), ('S', 'sequences'), ('f', 'functions'), ('T', 'types'), ('n', 'schemas')
)
select 'error' as severity, format('%s that %I makes', words, rolname) as object,
  format('%s will hold %s on them', coalesce(role.name, 'public'), lower(privilege_type)) as problem,
  format('alter default privileges for role %I%s revoke %s on %s from %I', rolname, ' in schema ' || quote_ident(nspname),
    lower(privilege_type), words, coalesce(role.name, 'public')) as mend
from pg_catalog.pg_default_acl d
join pg_catalog.pg_roles owner on owner.oid = defaclrole join kind on letter = defaclobjtype
left join pg_catalog.pg_namespace n on n.oid = defaclnamespace,
  aclexplode(defaclacl) a left join audit.request_roles role on role.oid = grantee
where (grantee = 0 or role.oid is not null) and not exists (
  select from aclexplode(acldefault(defaclobjtype, defaclrole)) usual
  where defaclnamespace = 0 and usual.grantee = a.grantee and usual.privilege_type = a.privilege_type
)
union all
select 'error', format('functions that %I makes', owner.name), 'everybody will hold execute on them',
  format('alter default privileges for role %I revoke execute on functions from public', owner.name)
from audit.owners owner
where owner.oid in (select owner from audit.schemas) and not exists (
  select from pg_catalog.pg_default_acl where defaclrole = owner.oid and defaclnamespace = 0 and defaclobjtype = 'f'
    and not exists (select from aclexplode(defaclacl) where grantee = 0)
);
