-- Access: every fact of the catalog that decides who reaches what, as kind, subject, name and detail. Anybody may run it.
with
ours as (select oid, nspname, nspacl, nspowner from pg_namespace where nspname in ('app', 'auth', 'audit')),
relation as (
  select c.*, c.oid::regclass::text as name from pg_class c join ours on ours.oid = relnamespace
  where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
),
attribute as (select a.* from pg_attribute a join relation on relation.oid = attrelid where attnum > 0 and not attisdropped),
-- One row per role and command; a grant of the whole table is one of all its columns, and of those to come.
granted as (
  select relation.oid, privilege_type, grantee, is_grantable, attname
  from relation, aclexplode(relacl) left join lateral (
    select attname from attribute where attrelid = relation.oid and privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
  ) columns on true
  union
  select attrelid, privilege_type, grantee, is_grantable, attname from attribute, aclexplode(attacl)
)
select 'table' as kind, name as subject, '' as name, jsonb_build_object(
  'kind', case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end,
  'enabled', relrowsecurity, 'forced', relforcerowsecurity, 'owner', relowner::regrole, 'options', relation.reloptions,
  'columns', (select jsonb_agg(attname order by attnum) from attribute where attrelid = relation.oid),
  'query', case when relkind in ('v', 'm') then pg_get_viewdef(relation.oid) end) as detail
from relation
union all
select 'grant', name, format('%s %s', case grantee when 0 then 'public' else grantee::regrole::text end, lower(privilege_type)),
  jsonb_build_object('role', case grantee when 0 then 'public' else grantee::regrole::text end,
    'command', lower(privilege_type), 'columns', jsonb_agg(attname) filter (where attname is not null),
    'grantable', bool_or(is_grantable))
from granted join relation using (oid) where grantee <> relowner and privilege_type <> 'MAINTAIN'
group by name, grantee, privilege_type
union all
select 'policy', name, polname, jsonb_build_object(
  'permissive', polpermissive,
  'command', case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
  'roles', (select jsonb_agg(case role when 0 then 'public' else role::regrole::text end order by 1) from unnest(polroles) role),
  'using', pg_get_expr(polqual, polrelid), 'check', coalesce(pg_get_expr(polwithcheck, polrelid), pg_get_expr(polqual, polrelid)))
from pg_policy join relation on relation.oid = polrelid
union all
select 'trigger', name, tgname, jsonb_build_object('text', pg_get_triggerdef(pg_trigger.oid), 'enabled', tgenabled = 'O')
from pg_trigger join relation on relation.oid = tgrelid where not tgisinternal
union all
select 'key', name, conname, jsonb_build_object('text', pg_get_constraintdef(pg_constraint.oid))
from pg_constraint join relation on relation.oid = conrelid where contype in ('f', 'u', 'x')
union all
select 'default', name, attname, jsonb_build_object('text', pg_get_expr(adbin, adrelid))
from pg_attrdef join relation on relation.oid = adrelid join attribute on attrelid = adrelid and attnum = adnum
where pg_get_expr(adbin, adrelid) like '%claimed_user_id%'
union all
select 'function', p.oid::regprocedure::text, '', jsonb_build_object('definer', prosecdef, 'owner', proowner::regrole,
  'body', concat_ws(' ', provolatile, proparallel, proleakproof, coalesce(pg_get_function_sqlbody(p.oid), prosrc)),
  'settings', array_to_string(proconfig, '; '))
from pg_proc p join ours on ours.oid = pronamespace where prokind in ('f', 'p')
union all
select 'execute', p.oid::regprocedure::text, case grantee when 0 then 'public' else grantee::regrole::text end, '{}'
from pg_proc p join ours on ours.oid = pronamespace, aclexplode(coalesce(proacl, acldefault('f', proowner)))
where grantee <> proowner
union all
select 'schema', nspname, format('%s %s', case grantee when 0 then 'public' else grantee::regrole::text end, lower(privilege_type)), '{}'
from ours, aclexplode(nspacl) where grantee <> nspowner
union all
select 'role', rolname, power, '{}' from pg_roles r, lateral (values
  ('superuser', rolsuper), ('bypassrls', rolbypassrls), ('createrole', rolcreaterole), ('createdb', rolcreatedb),
  ('replication', rolreplication), ('login', rolcanlogin), ('inherit', rolinherit)) as may (power, has)
where has and rolname like 'app\_%'
union all
select 'member', member::regrole::text, roleid::regrole::text, '{}' from pg_auth_members
where member::regrole::text like 'app\_%'
