-- No function of ours is LEAKPROOF: it would see the rows of others before a policy does.
create view audit.rule_leakproof with (security_invoker) as
select 'error' as severity, format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)) as object,
  'the function is asked before policies are' as problem,
  format('alter function %I.%I(%s) not leakproof', nspname, proname, pg_get_function_identity_arguments(p.oid)) as mend
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = pronamespace
where proleakproof and nspname !~ '^(pg_|information_schema$)';
