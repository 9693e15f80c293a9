-- What a DBA asks first: who may do what to which rows, what each role is, and what a request can touch at all.

-- One row for each table, command and role: the columns that it is granted, and the policies that let it and narrow it.
create view audit.access with (security_invoker) as
with granted (relation, name, command, role, columns) as (
  select t.oid, t.name, lower(privilege_type), coalesce(rolname, 'public')::text,
    case when bool_or(part is null) then 'the whole table' else string_agg(part, ', ' order by number) end
  from audit.guarded t join pg_catalog.pg_class c using (oid), lateral (
    select null as part, 0 as number, a.* from aclexplode(relacl) a
    union all
    select attname, attnum, a.* from pg_catalog.pg_attribute, aclexplode(attacl) a where attrelid = t.oid and not attisdropped
  ) acl left join pg_catalog.pg_roles r on r.oid = grantee
  where privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') and grantee <> relowner
  group by t.oid, t.name, privilege_type, rolname
  union all
  -- Owners need no grant; FORCE holds them to their policies.
  select distinct relation, table_name, each.command, rolname, 'the whole table'
  from audit.policies p join pg_catalog.pg_class c on c.oid = relation join pg_catalog.pg_roles r on r.oid = relowner,
    unnest(case p.command when 'all' then array['select', 'insert', 'update', 'delete'] else array[p.command] end) each (command)
  where rolname = any (roles)
)
select g.name as "table", g.command, g.role, columns,
  coalesce(string_agg(text, E'\n' order by p.name) filter (where permissive), 'no policy: no row') as lets,
  string_agg(text, E'\n' order by p.name) filter (where not permissive) as narrows
from granted g
-- One that only checks new rows says nothing of a command that makes none.
left join audit.policies p on p.relation = g.relation and p.command in (g.command, 'all')
  and (g.role = any (roles) or 'public' = any (roles)) and (qual is not null or g.command in ('insert', 'update'))
left join lateral (
  select concat_ws(' ', p.name || ':', 'using ' || qual, case when g.command <> 'select' then 'with check ' || with_check end) as text
) policy on p.oid is not null
group by g.relation, g.name, g.command, g.role, columns
order by 1, array_position(array['select', 'insert', 'update', 'delete'], g.command), 3;

-- One row for each role of Rowkeep and each login that is in one: what it is, what it may become, and what is set for it.
create view audit.roles with (security_invoker) as
with recursive role (oid) as (
  select oid from pg_catalog.pg_roles where starts_with(rolname, 'app_')
  union select member from pg_catalog.pg_auth_members join role on roleid = role.oid
),
becomes (member, roleid) as (
  select member, roleid from pg_catalog.pg_auth_members join role on role.oid = member
  union select becomes.member, m.roleid from pg_catalog.pg_auth_members m join becomes on m.member = becomes.roleid
)
select rolname as role, concat_ws(', ', case when rolcanlogin then 'login' else 'no login' end,
    case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypasses row security' end,
    case when rolcreaterole then 'makes roles' end, case when rolcreatedb then 'makes databases' end,
    case when rolreplication then 'replication' end) as is,
  array_to_string(array(
    select roleid::regrole::text || case when pg_has_role(r.oid, roleid, 'usage') then ' (without asking)' else '' end
    from becomes where member = r.oid order by 1
  ), ', ') as may_become,
  array_to_string(array(
    select setting || case when setdatabase = 0 then ' (in every database)' else '' end
    from pg_catalog.pg_db_role_setting, unnest(setconfig) setting
    where setrole = r.oid and setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
    order by 1
  ), E'\n') as settings
from role join pg_catalog.pg_roles r using (oid)
order by not starts_with(rolname, 'app_'), 1;

-- One row for each function of ours: with whose rights it runs, what it runs with, and who may call it.
create view audit.functions with (security_invoker) as
select format('%I.%I(%s)', s.name, proname, pg_get_function_identity_arguments(p.oid)) as function,
  case when prosecdef then 'as ' || proowner::regrole else 'as its caller' end as runs,
  case when prosqlbody is not null then 'bound when it was made' else coalesce(array_to_string(proconfig, E'\n'), 'the caller''s settings')
    end as with,
  array_to_string(array(
    select coalesce(rolname, 'public') from aclexplode(coalesce(proacl, acldefault('f', proowner)))
    left join pg_catalog.pg_roles r on r.oid = grantee where grantee <> proowner order by 1
  ), ', ') as callers,
  obj_description(p.oid, 'pg_proc') as comment
from pg_catalog.pg_proc p join audit.schemas s on s.oid = pronamespace
order by not prosecdef, 1;

-- Everything that a request can touch, by any path: one row for each privilege, and whose it is. Of the system's own objects,
-- what PUBLIC has from the start is counted, not listed.
create view audit.reachable with (security_invoker) as
with way (role, login, path) as (
  select name, name, 'by itself' from audit.request_roles where not person
  union all
  select role.name, login.name, 'becomes ' || role.name from audit.request_roles login, audit.request_roles role
  where not login.person and role.oid <> login.oid and pg_has_role(login.oid, role.oid, 'member')
  union all
  select 'public', name, 'as anybody' from audit.request_roles where not person
)
select login, path, h.kind, h.name as object, privilege, string_agg(part, ', ' order by part) as columns,
  case when prosecdef then 'runs as ' || proowner::regrole end as note
from audit.held h join way using (role) left join pg_catalog.pg_proc p on h.kind = 'function' and p.oid = h.oid
group by login, path, h.kind, h.name, privilege, prosecdef, proowner
union all
select login, path, 'the system''s', count(*) || ' functions of pg_catalog', 'execute', null, null
from way, pg_catalog.pg_proc p
where role = 'public' and pronamespace = 'pg_catalog'::regnamespace
  and (proacl is null or exists (select from aclexplode(proacl) where grantee = 0))
group by login, path
union all
select login, path, 'the system''s', count(*) || ' tables and views of pg_catalog and information_schema', 'select', null, null
from way, pg_catalog.pg_class, aclexplode(relacl)
where role = 'public' and grantee = 0 and relnamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
  and privilege_type = 'SELECT'
group by login, path
union all
select login, path, 'large object', l.oid::text, lower(privilege_type), null, null
from pg_catalog.pg_largeobject_metadata l, aclexplode(lomacl) left join pg_catalog.pg_roles r on r.oid = grantee
join way on role = coalesce(rolname, 'public')
union all
select login, path, 'foreign server', srvname, lower(privilege_type), null, null
from pg_catalog.pg_foreign_server, aclexplode(srvacl) left join pg_catalog.pg_roles r on r.oid = grantee
join way on role = coalesce(rolname, 'public')
union all
select login, path, 'language', lanname, 'usage', null, null
from pg_catalog.pg_language, aclexplode(coalesce(lanacl, acldefault('l', lanowner)))
left join pg_catalog.pg_roles r on r.oid = grantee join way on role = coalesce(rolname, 'public')
where lanispl
union all
select login, path, 'extension', extname || ' ' || extversion, 'installed', null, null
from way, pg_catalog.pg_extension where role = 'public'
order by 1, 2, 3, 4, 5;

-- What policies look for, and the index that finds it: one row for each column that a policy reads.
create view audit.indexes with (security_invoker) as
select p.table_name as "table", attname as column, string_agg(distinct p.name, ', ' order by p.name) as read_by,
  coalesce((
    select string_agg(substring(pg_get_indexdef(indexrelid) from ' USING (.*)$'), E'\n' order by indexrelid)
    from pg_catalog.pg_index where indrelid = p.relation and indkey[0] = attnum and indisvalid
  ), (
    select 'a condition of ' || string_agg(indexrelid::regclass::text, ', ' order by 1) from pg_catalog.pg_index
    where indrelid = p.relation and audit.printed(indpred, indrelid) ~ format('\m%s\M', attname)
  ), 'no index') as found_by
from audit.policies p
join pg_catalog.pg_depend d on classid = 'pg_catalog.pg_policy'::regclass and objid = p.oid
  and refclassid = 'pg_catalog.pg_class'::regclass and refobjid = p.relation
join pg_catalog.pg_attribute on attrelid = p.relation and attnum = refobjsubid and attnum > 0
where p.qual is not null
group by p.relation, p.table_name, attname, attnum
order by 1, 2;
