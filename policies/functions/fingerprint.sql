-- Facts: what isolation stands on in this database, one line each, so that a weakening can be named and not only noticed.
-- All of it is read from the catalog, and is the same text on every version.

-- requests: the roles that a request is or may become, by whatever way. What others may (a new DBA) is no fact of isolation.
create function audit.requests() returns setof oid
language sql stable set search_path = pg_catalog, pg_temp as $$
  with recursive request (oid) as (
    select r.oid from pg_roles r where rolname in ('app_api', 'app_auth')
    union select roleid from pg_auth_members m join request on m.member = request.oid
  )
  select request.oid from request
$$;

-- digest: enough of a text's SHA-256 to see that it is another one.
create function audit.digest(whole text) returns text language sql immutable parallel safe
return left(encode(sha256(convert_to(whole, 'UTF8')), 'hex'), 16);

-- facts_of_tables: flags, policies, triggers, and the constraints that could tell about others' rows or forget the tenant.
-- To print a predicate, a trigger's too, Postgres locks its table, so those of tables to skip are left out.
create function audit.facts_of_tables(skip oid[]) returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $$
  with relation (oid, name, kind, schema) as (
    select c.oid, format('%I.%I', nspname, relname), relkind, nspname from pg_class c join pg_namespace n on n.oid = relnamespace
    where nspname in ('app', 'auth', 'audit', 'seal') and relkind in ('r', 'p', 'v', 'm', 'f')
  )
  select format('%s %s: owner %s, row security %s%s',
    case kind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end,
    name, relowner::regrole,
    case when relrowsecurity and relforcerowsecurity then 'forced' when relrowsecurity then 'enabled' else 'off' end,
    ', ' || array_to_string(reloptions, ', '))
  from relation join pg_class using (oid)
  union all
  select format('table %s is a child of %s', inhrelid::regclass, inhparent::regclass) from pg_inherits
  where exists (select from relation where oid in (inhrelid, inhparent) and kind <> 'i')
  union all
  select format('policy %I on %s as %s for %s to %s%s%s', polname, name,
    case when polpermissive then 'permissive' else 'restrictive' end,
    case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
    (select string_agg(coalesce(rolname, 'public'), ', ' order by rolname) from unnest(polroles) each_role
      left join pg_roles r on r.oid = each_role),
    ' using ' || pg_get_expr(polqual, polrelid), ' with check ' || pg_get_expr(polwithcheck, polrelid))
  from relation join pg_policy on polrelid = relation.oid where polrelid <> all (skip)
  union all
  -- What policies read; and columns of which no sample is kept, since EXPLAIN tells what is in one.
  select distinct format('column %s.%I: %s%s%s', name, attname, format_type(atttypid, atttypmod),
    case when attnotnull then ', not null' end, ', default ' || pg_get_expr(adbin, adrelid))
  from relation r join pg_policy p on polrelid = r.oid
  join pg_depend on classid = 'pg_policy'::regclass and objid = p.oid and refclassid = 'pg_class'::regclass and refobjid = r.oid
  join pg_attribute on attrelid = r.oid and attnum = refobjsubid and attnum > 0
  left join pg_attrdef on adrelid = r.oid and adnum = attnum
  where r.oid <> all (skip)
  union all
  select format('no samples of %s.%I', name, attname) from relation join pg_attribute on attrelid = relation.oid
  where attnum > 0 and not attisdropped and attstattarget = 0
  union all
  select format('trigger on %s: %s%s', name, pg_get_triggerdef(t.oid), ', enabled ' || nullif(tgenabled::text, 'O'))
  from relation join pg_trigger t on tgrelid = relation.oid where not tgisinternal and tgrelid <> all (skip)
  union all
  select distinct format('constraint %I on %s: disabled', conname, name)
  from relation join pg_trigger on tgrelid = relation.oid join pg_constraint c on c.oid = tgconstraint
  where tgisinternal and tgenabled <> 'O'
  union all
  select format('rule %I on %s: %s', rulename, name, audit.digest(pg_get_ruledef(w.oid)))
  from relation join pg_rewrite w on ev_class = relation.oid where schema <> 'audit'
  union all
  select format('constraint %I on %s: %s', conname, name, pg_get_constraintdef(c.oid))
  from relation join pg_constraint c on conrelid = relation.oid where contype in ('p', 'u', 'f', 'x') and schema <> 'audit'
$$;

-- facts_of_functions: every function of ours; of its body a digest.
create function audit.facts_of_functions() returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select format('function %I.%I(%s) returns %s: owner %s, %s', nspname, proname, pg_get_function_identity_arguments(p.oid),
    pg_get_function_result(p.oid), proowner::regrole, concat_ws(', ', lanname,
      case provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
      case proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' else 'parallel unsafe' end,
      case when prosecdef then 'security definer' end, case when proisstrict then 'strict' end,
      case when proleakproof then 'leakproof' end, array_to_string(proconfig, ', '),
      'body ' || audit.digest(coalesce(pg_get_function_sqlbody(p.oid), prosrc))))
  from pg_proc p join pg_namespace n on n.oid = pronamespace join pg_language l on l.oid = prolang
  where nspname in ('app', 'auth', 'audit', 'seal')
$$;

-- facts_of_roles: what requests and the owners of our functions are, may become, and have set for them. Roles that another
-- Rowkeep of this cluster made for itself have nothing in this database, and say nothing.
create function audit.facts_of_roles() returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $$
  with recursive acting (oid) as (
    select request from audit.requests() request
    union select owner from pg_namespace n, lateral (
      select nspowner union select relowner from pg_class where relnamespace = n.oid
      union select proowner from pg_proc where pronamespace = n.oid
    ) owned (owner) where nspname in ('app', 'auth', 'audit', 'seal')
    union select roleid from pg_auth_members m join acting on m.member = acting.oid
  ),
  role (oid, name, text) as (
    select r.oid, rolname, concat_ws(', ', case when rolcanlogin then 'login' else 'no login' end,
      case when rolsuper then 'superuser' end, case when rolbypassrls then 'bypassrls' end,
      case when rolcreaterole then 'createrole' end, case when rolcreatedb then 'createdb' end,
      case when rolreplication then 'replication' end, case when rolinherit then 'inherit' end)
    from pg_roles r join acting using (oid)
    where rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or starts_with(rolname, 'pg_')
      or exists (select from pg_shdepend where refclassid = 'pg_authid'::regclass and refobjid = r.oid
        and dbid = (select d.oid from pg_database d where datname = current_database()))
  )
  select format('role %s: %s', name, text) from role
  union all
  -- The options came with 16: before, every membership could be become, and was inherited if its member inherits.
  select format('role %s in %s: %s', member.rolname, role.name, concat_ws(', ',
    case when bool_or(coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)) then 'may become it' end,
    case when bool_or(coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, member.rolinherit)) then 'inherits it' end,
    case when bool_or(admin_option) then 'may hand it on' end))
  from pg_auth_members m join acting on acting.oid = m.member join role on role.oid = m.roleid
  join pg_roles member on member.oid = m.member
  group by member.rolname, role.name
  union all
  -- Limits and logging are a DBA's to turn. A login may set anything else for itself, so it may be an attacker's doing.
  select format('setting %s of %s', setting, coalesce(rolname, 'every role'))
  from pg_db_role_setting left join pg_roles r on r.oid = setrole, unnest(setconfig) setting
  where (setrole = 0 or setrole in (select acting.oid from acting))
    and setdatabase in (0, (select d.oid from pg_database d where datname = current_database()))
    and setting !~ '^(\w+_timeout|log_\w+|(maintenance_)?work_mem|timezone|client_encoding)='
  union all
  select 'setting session_replication_role=' || current_setting('session_replication_role')
  union all
  select format('schema %I: owner %s', nspname, nspowner::regrole) from pg_namespace
  where nspname in ('app', 'auth', 'audit', 'seal')
$$;
