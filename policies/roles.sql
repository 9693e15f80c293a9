-- Roles: makes every role, schema and database-level grant that Rowkeep stands on; safe to run again at any time.
-- Run by the owner's login (OWNER_DATABASE_URL) before each migration. Roles belong to the cluster, so two Rowkeeps
-- in one cluster share them and neither drops them; passwords are set by `make password`, never here.

do $$
declare
  wanted record;
  existing pg_catalog.pg_roles;
begin
  for wanted in
    select * from (values
      ('app_owner', false), ('app_user', false), ('app_guest', false), ('app_trash', false), ('app_viewer', false),
      ('app_auditor', false), ('app_inspector', false), ('app_seal', false),
      ('app_as_user', false), ('app_as_guest', false), ('app_as_trash', false),
      ('app_api', true), ('app_auth', true)
    ) as role (name, login), lateral (values (starts_with(name, 'app_as_'))) attribute (inherits)
  loop
    select * into existing from pg_catalog.pg_roles where rolname = wanted.name;
    if not found then
      execute format('create role %I %s %s', wanted.name, case when wanted.login then 'login' else 'nologin' end,
        case when wanted.inherits then 'inherit' else 'noinherit' end);
    elsif existing.rolsuper or existing.rolbypassrls then
      raise exception 'role % bypasses row security: run "alter role % nosuperuser nobypassrls" as a superuser first',
        wanted.name, wanted.name;
    elsif existing.rolinherit <> wanted.inherits or existing.rolcanlogin <> wanted.login
       or existing.rolcreaterole or existing.rolcreatedb or existing.rolreplication then
      -- What is right already goes unmentioned: only who has an attribute may mention it.
      execute concat_ws(' ', format('alter role %I', wanted.name), case when wanted.inherits then 'inherit' else 'noinherit' end,
        case when wanted.login then 'login' else 'nologin' end,
        case when existing.rolcreaterole then 'nocreaterole' end,
        case when existing.rolcreatedb then 'nocreatedb' end,
        case when existing.rolreplication then 'noreplication' end);
    end if;
  end loop;
end
$$;

-- What each role may become. From 16 on, a membership granted while its member was INHERIT keeps inheriting, whatever
-- the role says later, and there is one for each grantor: those that are not as they should be are revoked, and one is
-- granted anew where none is left. An app_as_… has what its role has without asking: it owns the function by which audit.explain
-- tries what that role may, and nobody becomes it.
do $$
declare
  wanted record;
  found_one record;
  modern constant boolean := current_setting('server_version_num')::int >= 160000;
begin
  for wanted in
    select * from (values
      ('app_user', 'app_api', true), ('app_guest', 'app_api', true), ('app_trash', 'app_api', true),
      ('app_viewer', 'app_auditor', true), ('app_viewer', 'app_api', false),
      ('app_user', 'app_as_user', true), ('app_guest', 'app_as_guest', true), ('app_trash', 'app_as_trash', true)
    ) as membership (role, member, given), lateral (values (starts_with(member, 'app_as_'))) option (inherits)
  loop
    for found_one in
      select m.grantor from pg_catalog.pg_auth_members m, to_jsonb(m) as options
      where m.roleid = wanted.role::regrole and m.member = wanted.member::regrole
        and (not wanted.given or m.admin_option
          or coalesce((options ->> 'inherit_option')::boolean, wanted.inherits) <> wanted.inherits
          or not coalesce((options ->> 'set_option')::boolean, true))
    loop
      execute format('revoke %I from %I', wanted.role, wanted.member)
        || case when modern then format(' granted by %s', found_one.grantor::regrole) else '' end || ' cascade';
    end loop;
    if wanted.given and not exists (
      select from pg_catalog.pg_auth_members m
      where m.roleid = wanted.role::regrole and m.member = wanted.member::regrole
    ) then
      execute format('grant %I to %I', wanted.role, wanted.member)
        || case when modern then format(' with inherit %s, set true', wanted.inherits::text) else '' end;
    end if;
  end loop;
  -- Migrations act as app_owner, and make what the others own, so the login that runs them must be able to
  -- become each.
  for wanted in select unnest(array['app_owner', 'app_seal', 'app_inspector', 'app_as_user', 'app_as_guest', 'app_as_trash']) as role loop
    if not pg_has_role(current_user, wanted.role, 'member') then
      execute format('grant %I to %I', wanted.role, current_user);
    elsif modern and not pg_has_role(current_user, wanted.role, 'SET') then
      execute format('grant %I to %I with set true', wanted.role, current_user);
    end if;
  end loop;
end
$$;

-- The database: nobody connects, and nobody makes temporary objects, unless named here. A temporary table or domain
-- is the classic tool against SECURITY DEFINER functions.
do $$
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('grant connect on database %I to app_api, app_auth, app_auditor', current_database());
  execute format('grant create on database %I to app_owner', current_database());
  execute format('alter role app_api in database %I set statement_timeout = %L', current_database(), '15s');
  execute format('alter role app_api in database %I set idle_in_transaction_session_timeout = %L', current_database(), '30s');
  execute format('alter role app_auth in database %I set statement_timeout = %L', current_database(), '15s');
  execute format('alter role app_auth in database %I set idle_in_transaction_session_timeout = %L', current_database(), '30s');
end
$$;
revoke all on schema public from public;

-- The server: what a session could do to others of its login (end them, read their statements), leave behind (large
-- objects, records in the log of writes), or run unseen (code in `do`). Monitoring keeps its predefined roles. Only a
-- superuser may take these from everybody; where the owner is none, audit.rule_server_function names what is left.
do $$
declare
  left_open text;
begin
  grant usage on language plpgsql to pg_database_owner, app_owner, app_inspector, app_seal,
    app_as_user, app_as_guest, app_as_trash;
  revoke usage on language plpgsql from public;
  grant execute on function pg_catalog.pg_stat_get_activity(integer) to pg_read_all_stats;
  grant execute on function pg_catalog.pg_terminate_backend(integer, bigint), pg_catalog.pg_cancel_backend(integer)
    to pg_signal_backend;
  for left_open in
    select p.oid::regprocedure from pg_catalog.pg_proc p, aclexplode(coalesce(proacl, acldefault('f', proowner)))
    where pronamespace = 'pg_catalog'::regnamespace and grantee = 0 and proname ~
      '^(pg_(terminate|cancel)_backend|pg_stat_get_(activity|backend_\w+)|pg_logical_emit_message|lo_\w+|lo(read|write))$'
  loop
    execute format('revoke execute on function %s from public', left_open);
  end loop;
exception when insufficient_privilege then
  raise notice 'the owner may not take functions of the server from everybody: audit.findings names them';
end
$$;

-- The seal: keys that say who may bind an identity, and the logins that may without. app_owner may name the verifier in its
-- functions, and audit.explain reads predicates to those who stand for requests there; no request enters, so that no SQL of its
-- own asks what policies ask. Nobody but app_seal reads a key.
create schema if not exists seal authorization app_seal;
set local role app_seal;
grant usage on schema seal to app_owner, app_inspector, app_as_user, app_as_guest, app_as_trash;
create table if not exists seal.keys (
  inner_pad bytea constraint keys_pkey primary key check (octet_length(inner_pad) = 64),
  outer_pad bytea not null check (octet_length(outer_pad) = 64),
  made_at timestamptz not null default clock_timestamp()
);
-- A DBA's login, by name. Superusers need not be named.
create table if not exists seal.exempt (role name constraint exempt_pkey primary key);
alter default privileges for role app_seal revoke execute on functions from public;
reset role;
do $$
declare
  owner name;
begin
  foreach owner in array array['app_inspector', 'app_as_user', 'app_as_guest', 'app_as_trash'] loop
    execute format('set local role %I', owner);
    execute format('alter default privileges for role %I revoke execute on functions from public', owner);
    execute 'reset role';
  end loop;
end
$$;

set local role app_owner;
create schema if not exists app;
create schema if not exists auth;
create schema if not exists audit;
grant usage on schema app to app_user, app_guest, app_trash, app_viewer, app_inspector, app_seal;
grant usage on schema auth to app_auth;
grant usage on schema audit to app_api, app_auth, app_auditor, app_seal;
-- They make their own functions there; nobody is one of them but in those.
grant usage, create on schema audit to app_inspector, app_as_user, app_as_guest, app_as_trash;
-- Where migrations stand, and the oldest code revision that the schema still serves.
create table if not exists audit.alembic_version (version_num varchar(32) constraint alembic_version_pkc primary key);
create table if not exists audit.release (serves text not null);
-- What isolation stands on, by audit.facts(): each line from the revision (or a person's reason) that made it to the one
-- that ended it; those without an end are expected now.
create table if not exists audit.expected (
  line text not null, since text not null, since_at timestamptz not null default now(), until text, until_at timestamptz
);
-- A function is for nobody until a grant names who may call it.
alter default privileges for role app_owner revoke execute on functions from public;
reset role;
