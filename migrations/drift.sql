-- What a migration makes, an object and its text a row, as the catalog prints it: the same on PostgreSQL 15 to 18, but for
-- the text of views. Read by `make audit`; takes no lock but those of reading the catalog.
with
ours (oid, name, owner, acl) as (
  select oid, nspname, nspowner, nspacl from pg_namespace where nspname in ('app', 'auth', 'audit', 'seal')
),
relation (oid, kind, name, owner, acl) as (
  select c.oid, relkind, format('%I.%I', s.name, relname), relowner, relacl
  from pg_class c join ours s on s.oid = relnamespace where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
),
granted (object, owner, acl) as (
  select 'schema ' || name, owner, acl from ours
  union all select name, owner, acl from relation
  union all
  select format('%s.%I', name, attname), owner, attacl from relation join pg_attribute on attrelid = relation.oid
  where not attisdropped
  union all
  select format('function %I.%I', s.name, proname), proowner, coalesce(proacl, acldefault('f', proowner))
  from pg_proc p join ours s on s.oid = pronamespace
)
select 'grants on ' || object, string_agg(
  format('%s to %s%s', lower(privilege_type), coalesce(rolname, 'public'), case when is_grantable then ' with grant option' end),
  ', ' order by privilege_type, rolname)
from granted, aclexplode(acl) left join pg_roles r on r.oid = grantee where grantee <> owner group by object
union all
select 'schema ' || name, 'owner ' || owner::regrole from ours
union all
select 'relation ' || name, format('%s, owner %s, row security %s%s',
  case kind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' when 'S' then 'sequence'
    else 'table' end, owner::regrole,
  case when relrowsecurity and relforcerowsecurity then 'forced' when relrowsecurity then 'enabled' else 'off' end,
  ', with ' || array_to_string(reloptions, ', '))
from relation join pg_class using (oid)
union all
select format('column %s.%I', name, attname), concat(format_type(atttypid, atttypmod), case when attnotnull then ' not null' end,
  ' default ' || pg_get_expr(adbin, adrelid), case when attstattarget = 0 then ', not sampled' end)
from relation join pg_attribute on attrelid = relation.oid left join pg_attrdef on adrelid = attrelid and adnum = attnum
where kind in ('r', 'p') and attnum > 0 and not attisdropped
union all
-- NOT NULL is a constraint from 18 on; the columns say it on every version.
select format('constraint %I on %s', conname, name), pg_get_constraintdef(c.oid)
from relation join pg_constraint c on conrelid = relation.oid where contype <> 'n'
union all
select format('index %s', indexrelid::regclass), pg_get_indexdef(indexrelid) from relation join pg_index on indrelid = relation.oid
union all
select format('policy %I on %s', polname, name), concat_ws(' ',
  case when polpermissive then 'permissive' else 'restrictive' end, 'for',
  case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end, 'to',
  array_to_string(array(
    select coalesce(rolname, 'public') from unnest(polroles) role left join pg_roles r on r.oid = role order by 1), ', '),
  'using ' || pg_get_expr(polqual, polrelid), 'with check ' || pg_get_expr(polwithcheck, polrelid),
  '-- ' || obj_description(p.oid, 'pg_policy'))
from relation join pg_policy p on polrelid = relation.oid
union all
select format('trigger %I on %s', tgname, name), pg_get_triggerdef(t.oid) || case tgenabled when 'O' then '' else ' (disabled)' end
from relation join pg_trigger t on tgrelid = relation.oid where not tgisinternal
union all
select format('function %I.%I(%s)', s.name, proname, pg_get_function_identity_arguments(p.oid)),
  format('owner %s, %s', proowner::regrole, regexp_replace(pg_get_functiondef(p.oid), '\s+', ' ', 'g'))
from pg_proc p join ours s on s.oid = pronamespace where prokind in ('f', 'p')
union all
select 'text of view ' || name, regexp_replace(pg_get_viewdef(oid), '\s+', ' ', 'g') from relation where kind = 'v'
union all
select format('comment on %s', i.identity), description
from pg_description d, pg_identify_object(classoid, objoid, objsubid) i where i.schema in (select name from ours)
