-- No extension reads files or other databases, and no language runs as the server's account.
create view audit.rule_extension with (security_invoker) as
select 'warning' as severity, extname::text as object, 'the extension reads files or other databases' as problem,
  format('drop extension %I', extname) as mend
from pg_catalog.pg_extension where extname in ('adminpack', 'dblink', 'file_fdw', 'postgres_fdw')
union all
select 'warning', lanname, 'functions in this language do what the server''s account may', format('drop language %I',
  lanname)
from pg_catalog.pg_language where lanispl and not lanpltrusted;
