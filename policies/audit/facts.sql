-- Facts that the rules stand on, each stated once: who requests are, what is guarded, who holds what, and who is asked.
-- MATERIALIZED: the planner knows nothing of how few these rows are, and would print every predicate again for each row.

-- An expression of the catalog as text; every name in it has its schema, whatever search_path the reader has.
create function audit.printed(expression pg_node_tree, relation oid) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return pg_get_expr(expression, relation);
end
$$;
grant execute on function audit.printed(expression pg_node_tree, relation oid) to app_auditor;

-- A predicate in which the named function is asked once for the statement, and not once for each row.
create function audit.asked_once(predicate text, function text, kind regtype) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select regexp_replace(
    regexp_replace(predicate, format('\( SELECT (%s\([^()]*\)) AS \w+\)(::[\w.]+\[\])?', function), '\1', 'g'),
    format('\m%s\([^()]*\)', function),
    case when typelem <> 0 and typlen = -1 then format('((select \&)::%s)', kind) else '(select \&)' end, 'g')
  from pg_type where oid = kind
$$;
grant execute on function audit.asked_once(predicate text, function text, kind regtype) to app_auditor;

-- The schemas that are this application's.
create view audit.schemas with (security_invoker) as
select oid, nspname as name, nspowner as owner
from pg_catalog.pg_namespace where nspname in ('app', 'auth', 'audit', 'seal');

-- Who may own what is in them: roles without a login, held to policies like everybody else.
create view audit.owners with (security_invoker) as
select oid, rolname as name from pg_catalog.pg_roles where rolname in ('app_owner', 'app_inspector', 'app_seal', 'app_as_user', 'app_as_guest', 'app_as_trash');

-- What a request logs in as, and what it becomes once it is bound. Signed-in people are the ones without a login.
create view audit.request_roles with (security_invoker) as
select oid, rolname as name, rolname not in ('app_api', 'app_auth') as person
from pg_catalog.pg_roles where rolname in (
  'app_api', 'app_auth', 'app_user', 'app_guest', 'app_trash', 'app_viewer');

-- Tables that hold people's rows, and the children of such tables wherever they are.
create view audit.guarded with (security_invoker) as
with recursive relation (oid) as (
  select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
    where nspname in ('app', 'auth')
  union select inhrelid from pg_catalog.pg_inherits join relation on inhparent = oid
),
guarded as materialized (
  select c.oid, format('%I.%I', nspname, relname) as name, nspname as schema, relrowsecurity as enabled,
    relforcerowsecurity as forced
  from relation join pg_catalog.pg_class c using (oid) join pg_catalog.pg_namespace n on n.oid = relnamespace
  where relkind in ('r', 'p')
)
select * from guarded;

-- Their policies: command in words, roles by name, predicates as text.
create view audit.policies with (security_invoker) as
with policy as materialized (
  select p.oid, polrelid as relation, t.name as table_name, polname as name, polpermissive as permissive,
    case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
      else 'all' end as command,
    array(
      select coalesce(rolname, 'public')
      from unnest(polroles) role left join pg_catalog.pg_roles r on r.oid = role order by 1
    )::text[] as roles,
    audit.printed(polqual, polrelid) as qual, audit.printed(polwithcheck, polrelid) as with_check
  from pg_catalog.pg_policy p join audit.guarded t on t.oid = polrelid
)
select * from policy;

-- Functions that policies ask who somebody is.
create view audit.identity_functions with (security_invoker) as
with function as materialized (
  select distinct p.oid, format('%I.%I', nspname, proname) as name,
    format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)) as signature, prorettype as kind
  from audit.policies policy
  join pg_catalog.pg_depend d on classid = 'pg_catalog.pg_policy'::regclass and objid = policy.oid
    and refclassid = 'pg_catalog.pg_proc'::regclass
  join pg_catalog.pg_proc p on p.oid = refobjid join pg_catalog.pg_namespace n on n.oid = pronamespace
)
select * from function;

-- Columns by which fences tell whose a row is; one that is bound is compared on every new row too.
create view audit.identity_columns with (security_invoker) as
with fence as materialized (
  select relation, table_name, qual, command in ('all', 'insert') as new, regexp_split_to_array(with_check, '\W+') as words
  from audit.policies where not permissive
),
-- One pattern for all: a pattern made for each column is compiled for each, which took longer than everything else.
identity as materialized (
  select distinct relation, table_name, attname as name, attnum as number, function.name as function,
    exists (select from fence other where other.relation = fence.relation and other.new and attname = any (words)) as bound
  from fence, regexp_matches(qual, '\m(\w+) = (?:ANY \()?\( ?SELECT ([\w.]+)\(', 'g') compared
  join pg_catalog.pg_attribute on attname = compared[1]
  join audit.identity_functions function on function.name = compared[2]
  where attrelid = relation and attnum > 0 and not attisdropped
)
select * from identity;

-- Privileges of request roles and of everybody, on all but the system's own; `target` is what stands behind ON.
create view audit.held with (security_invoker) as
with object (kind, oid, schema, name, target, part, owner, acl) as (
  select case relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'view' else 'table' end, c.oid, nspname,
    format('%I.%I', nspname, relname),
    case relkind when 'S' then 'sequence ' else '' end || format('%I.%I', nspname, relname), null::name, relowner, relacl
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = relnamespace
  where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all
  select 'column', c.oid, nspname, format('%I.%I', nspname, relname), format('%I.%I', nspname, relname), attname,
    relowner, attacl
  from pg_catalog.pg_attribute join pg_catalog.pg_class c on c.oid = attrelid
  join pg_catalog.pg_namespace n on n.oid = relnamespace where not attisdropped
  union all
  select 'schema', oid, nspname, quote_ident(nspname), format('schema %I', nspname), null, nspowner, nspacl
  from pg_catalog.pg_namespace
  union all
  select 'function', p.oid, nspname, format('%I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)),
    format('routine %I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)), null, proowner,
    coalesce(proacl, acldefault('f', proowner))
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = pronamespace
  union all
  select 'database', oid, '', quote_ident(datname), format('database %I', datname), null, datdba,
    coalesce(datacl, acldefault('d', datdba))
  from pg_catalog.pg_database where datname = current_database()
  union all
  select 'parameter', oid, '', parname, format('parameter %s', parname), null, 10, paracl from pg_catalog.pg_parameter_acl
),
held as materialized (
  select kind, object.oid, schema, object.name, target, part, coalesce(role.name, 'public') as role,
    coalesce(person, true) as person, lower(privilege_type) as privilege, is_grantable as grantable
  from object, aclexplode(acl) left join audit.request_roles role on role.oid = grantee
  where (grantee = 0 or role.oid is not null) and grantee <> owner
    and (kind = 'schema' or schema !~ '^(pg_|information_schema$)')
)
select * from held;
