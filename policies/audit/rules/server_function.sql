-- Nobody but who needs it may end sessions, read their statements, make large objects, write to the log of writes, or run
-- code in `do`: a session of requests could do so to its peers. Only a superuser may take it from everybody.
create view audit.rule_server_function with (security_invoker) as
select 'warning' as severity, p.oid::regprocedure::text as object, 'everybody may call it, and so may SQL in a request' as problem,
  format('revoke execute on function %s from public', p.oid::regprocedure) as mend
from pg_catalog.pg_proc p
where pronamespace = 'pg_catalog'::regnamespace and proname ~
    '^(pg_(terminate|cancel)_backend|pg_stat_get_(activity|backend_\w+)|pg_logical_emit_message|lo_\w+|lo(read|write))$'
  and exists (
    select from aclexplode(coalesce(proacl, acldefault('f', proowner))) left join audit.request_roles r on r.oid = grantee
    where grantee = 0 or r.oid is not null
  )
union all
select 'warning', format('language %I', lanname), 'everybody may run code in it', format('revoke usage on language %I from public', lanname)
from pg_catalog.pg_language l
where lanpltrusted and exists (
  select from aclexplode(coalesce(lanacl, acldefault('l', lanowner))) left join audit.request_roles r on r.oid = grantee
  where grantee = 0 or r.oid is not null
) and lanispl;
