-- Facts that the rules stand on, each stated once and read from the catalog.

-- An expression of the catalog as text; every name in it has its schema, whatever search_path the reader has.
create function audit.printed(expression pg_node_tree, relation oid) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return pg_get_expr(expression, relation);
end
$$;
grant execute on function audit.printed(expression pg_node_tree, relation oid) to app_auditor;

-- Tables that hold people's rows.
create view audit.guarded with (security_invoker) as
select c.oid, format('%I.%I', nspname, relname) as name, nspname as schema, relrowsecurity as enabled, relforcerowsecurity as forced
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
where nspname in ('app', 'auth') and relkind in ('r', 'p');

-- Their policies: command in words, roles by name, predicates as text.
create view audit.policies with (security_invoker) as
select p.oid, polrelid as relation, t.name as table_name, polname as name, polpermissive as permissive,
  case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end as command,
  array(
    select coalesce(rolname, 'public') from unnest(polroles) role left join pg_catalog.pg_roles r on r.oid = role order by 1
  )::text[] as roles,
  audit.printed(polqual, polrelid) as qual, audit.printed(polwithcheck, polrelid) as with_check
from pg_catalog.pg_policy p join audit.guarded t on t.oid = polrelid;
