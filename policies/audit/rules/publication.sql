-- No publication carries people's rows away: a subscriber's are past every policy.
create view audit.rule_publication with (security_invoker) as
select 'warning' as severity, pubname::text as object, 'its subscribers get rows past every policy' as problem,
  format('drop publication %I', pubname) as mend
from pg_catalog.pg_publication
where exists (select from pg_catalog.pg_publication_tables p join audit.schemas s on s.name = schemaname
  where p.pubname = pg_publication.pubname);
