-- Granted: every privilege that a request has in this database, by its own name, by a role that it may become, or as PUBLIC.

-- facts_of_grants: one line each. Of the system's own objects only what differs from what initdb granted.
create function audit.facts_of_grants() returns setof text
language sql stable set search_path = pg_catalog, pg_temp as $$
  with grantee (oid, name) as (
    select oid, rolname from pg_roles where oid in (select audit.requests()) union all select 0, 'public'
  ),
  -- Schemas that a request may look into; the views of information_schema show nobody more than they may see anyhow.
  schema (oid, name, system) as (
    select n.oid, nspname, nspname = 'pg_catalog' from pg_namespace n
    where nspname !~ '^(pg_(toast|temp)|information_schema)' and (nspname in ('app', 'auth', 'audit', 'seal')
      or exists (select from aclexplode(nullif(nspacl, '{}')) a join grantee g on g.oid = a.grantee)
      or nspowner in (select oid from grantee))
  ),
  initial (class, oid, part, acl) as (
    select classoid::regclass, objoid, objsubid, initprivs from pg_init_privs
  ),
  object (name, part, owner, acl, initial) as (
    select 'the database', null::name, datdba, coalesce(datacl, acldefault('d', datdba)), null::aclitem[]
    from pg_database where datname = current_database()
    union all
    select format('schema %I', s.name), null, nspowner, nspacl, case when system then i.acl end
    from schema s join pg_namespace n using (oid) left join initial i on i.oid = s.oid and class = 'pg_namespace'::regclass
    union all
    select format('%s%I.%I', case relkind when 'S' then 'sequence ' end, s.name, relname), null, relowner, relacl,
      case when system then coalesce(i.acl, '{}') end
    from pg_class c join schema s on s.oid = relnamespace
    left join initial i on i.oid = c.oid and class = 'pg_class'::regclass and i.part = 0
    where relacl is not null
    union all
    select format('%I.%I', s.name, relname), attname, relowner, attacl, case when system then coalesce(i.acl, '{}') end
    from pg_attribute join pg_class c on c.oid = attrelid join schema s on s.oid = relnamespace
    left join initial i on i.oid = attrelid and class = 'pg_class'::regclass and i.part = attnum
    where attacl is not null and not attisdropped
    union all
    select format('function %I.%I(%s)', s.name, proname, pg_get_function_identity_arguments(p.oid)), null, proowner,
      coalesce(proacl, acldefault('f', proowner)), case when system then coalesce(i.acl, acldefault('f', proowner)) end
    from pg_proc p join schema s on s.oid = pronamespace left join initial i on i.oid = p.oid and class = 'pg_proc'::regclass
    where not system or proacl is not null
    union all
    select format('language %I', lanname), null, lanowner, coalesce(lanacl, acldefault('l', lanowner)), null
    from pg_language where lanispl
    union all
    select format('foreign server %I', srvname), null, srvowner, srvacl, null from pg_foreign_server
    union all
    select format('foreign data wrapper %I', fdwname), null, fdwowner, fdwacl, null from pg_foreign_data_wrapper
    union all
    -- Whoever may make large objects may open them to others; what a request made was its own.
    select format('large object %s', oid), null, lomowner, lomacl, null from pg_largeobject_metadata
    where lomowner not in (select audit.requests())
    union all
    select format('parameter %s', parname), null, 0, paracl, null from pg_parameter_acl
    union all
    select format('what %s makes (%s) in %s', rolname, defaclobjtype, coalesce('schema ' || nspname, 'any schema')), null,
      defaclrole, defaclacl, null
    from pg_default_acl d join pg_roles r on r.oid = defaclrole left join pg_namespace n on n.oid = defaclnamespace
  ),
  line (text, grantee, initial) as (
    select format('%s%s on %s', lower(privilege_type), ' (' || quote_ident(part) || ')', o.name),
      g.name || case when is_grantable then ' with grant option' else '' end, before
    from object o, lateral (values (acl, false), (initial, true)) held (acl, before), aclexplode(nullif(held.acl, '{}')) a
    join grantee g on g.oid = a.grantee
    where a.grantee is distinct from o.owner and o.acl is distinct from o.initial
  )
  select format(case when bool_and(initial) then 'revoke %s from %s' else 'grant %s to %s' end, text, grantee)
  from line group by text, grantee having bool_and(initial) or not bool_or(initial)
$$;
