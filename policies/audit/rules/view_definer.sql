-- A view asks with the rights of whoever reads it: with its owner's it shows what the reader's policies hide.
create view audit.rule_view_definer with (security_invoker) as
select distinct 'error' as severity, format('%I.%I', nspname, relname) as object,
  'the view reads with its owner''s rights' as problem,
  format('alter view %I.%I set (security_invoker = true)', nspname, relname) as mend
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
join pg_catalog.pg_rewrite w on ev_class = c.oid
join pg_catalog.pg_depend d on classid = 'pg_catalog.pg_rewrite'::regclass and objid = w.oid
  and refclassid = 'pg_catalog.pg_class'::regclass
where relkind = 'v' and (nspname in (select name from audit.schemas) or refobjid in (select oid from audit.guarded))
  and not exists (select from unnest(reloptions) option where option ~ '^security_invoker=(true|on|yes|1)$');
