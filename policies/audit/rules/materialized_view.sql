-- No materialized view keeps people's rows: policies do not reach into it.
create view audit.rule_materialized_view with (security_invoker) as
select distinct 'error' as severity, format('%I.%I', nspname, relname) as object,
  'it keeps rows that no policy guards' as problem,
  format('drop materialized view %I.%I', nspname, relname) as mend
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
join pg_catalog.pg_rewrite w on ev_class = c.oid
join pg_catalog.pg_depend d on classid = 'pg_catalog.pg_rewrite'::regclass and objid = w.oid
  and refclassid = 'pg_catalog.pg_class'::regclass
where relkind = 'm' and (nspname in (select name from audit.schemas) or refobjid in (select oid from audit.guarded));
