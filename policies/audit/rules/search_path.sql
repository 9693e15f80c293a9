-- A function names what it uses: its search_path ends in pg_temp, or its body was bound when it was made. A procedure that
-- runs with its caller's rights may end transactions, which Postgres forbids to one with settings.
create view audit.rule_search_path with (security_invoker) as
select case when prosecdef then 'error' else 'warning' end as severity,
  format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)) as object,
  'the search_path is not set, or pg_temp is not its end: a temporary type can run its maker''s code' as problem,
  format('alter routine %I.%I(%s) set search_path = pg_catalog, pg_temp', nspname, proname,
    pg_get_function_identity_arguments(p.oid)) as mend
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = pronamespace
  join pg_catalog.pg_language l on l.oid = prolang
where (nspname in (select name from audit.schemas) or prosecdef and nspname !~ '^(pg_|information_schema$)')
  and prosqlbody is null and lanname not in ('c', 'internal') and (prokind <> 'p' or prosecdef)
  and not exists (select from unnest(proconfig) setting where setting ~ '^search_path=(.*[ ,])?"?pg_temp"?$');
