-- What breaks each rule of audit.findings, as an owner would by hand; above it the rule, and the objects that it must then name.

-- auth_grant: auth.credentials
grant select (email) on auth.credentials to app_user;

-- becomes: app_api, app_api
grant pg_read_all_data to app_api;
grant app_viewer to app_api;

-- bypass: app_owner, app_user
alter role app_user bypassrls;
alter role app_owner superuser;

-- bypassing_login: dump, reports
create role reports login bypassrls;
create role everything bypassrls;
create role dump login;
grant everything to dump;

-- create_grant: schema app, schema public
grant create on schema app to app_user;
grant create on schema public to public;

-- dangerous_grant: app.notes, app.notes, app.users
grant truncate, trigger on app.notes to app_user;
grant references (id) on app.users to app_trash;

-- default_privileges: functions that app_owner makes, tables that app_owner makes
alter default privileges for role app_owner grant execute on functions to public;
alter default privileges for role app_owner in schema app grant select on tables to app_user;

-- definer_owner: tools.peek()
create schema tools;
create function tools.peek() returns bigint language sql security definer set search_path = pg_catalog, pg_temp as
  'select count(*) from app.notes';
revoke execute on function tools.peek() from public;
grant execute on function tools.peek() to app_user;

-- disabled_trigger: touch on app.notes
alter table app.notes disable trigger touch;

-- duplicate_index: app.again
create index again on app.notes (updated_by);

-- event_trigger: seen
create function public.seen() returns event_trigger language plpgsql as 'begin end';
create event trigger seen on ddl_command_end execute function public.seen();

-- extension: dblink
create extension dblink;

-- foreign_key_cascade: notes_membership_fkey on app.notes
alter table app.notes add column membership uuid references app.memberships on delete cascade;
create index on app.notes (membership);

-- foreign_key_index: tasks_created_by_fkey on app.tasks
drop index app.tasks_created_by_idx;

-- foreign_key_tenant: loose on app.comments
alter table app.comments drop constraint comments_workspace_id_task_id_fkey, add constraint loose foreign key (task_id)
  references app.tasks (id);
create index on app.comments (task_id);

-- foreign_table: app.far
create foreign data wrapper elsewhere;
create server there foreign data wrapper elsewhere;
create foreign table app.far (id uuid) server there;
alter foreign table app.far owner to app_owner;

-- grant_option: app.notes
grant select (title) on app.notes to app_user with grant option;

-- grant_without_policy: app.tasks
grant delete on app.tasks to app_user;

-- identity_changeable: app.notes.owner_id
grant update (owner_id) on app.notes to app_user;

-- identity_default: app.notes.owner_id
alter table app.notes alter column owner_id drop default;

-- identity_index: app.memberships.workspace_id
drop index app.memberships_workspace_id_id_idx;
alter table app.memberships drop constraint memberships_workspace_id_user_id_key, drop constraint memberships_workspace_id_fkey;

-- identity_nullable: app.tasks.workspace_id
alter table app.tasks alter column workspace_id drop not null;

-- identity_volatility: app.current_user_id()
alter function app.current_user_id() immutable;

-- leakproof: app.role_rank(role text)
alter function app.role_rank(text) leakproof;

-- leaky_index: app.notes_tags_idx
alter table app.notes add column tags jsonb;
create index notes_tags_idx on app.notes using gin (tags);

-- login_grant: app.notes
grant select (title) on app.notes to app_api;

-- materialized_view: public.kept
create materialized view public.kept as select id, title from app.notes;

-- members: intern
create role intern login;
grant app_user to intern;

-- membership_options: app_api in app_user, app_auditor in app_viewer
grant app_user to app_api with admin option;
grant app_viewer to app_auditor with admin option;

-- no_primary_key: app.comments
alter table app.comments drop constraint comments_pkey;

-- owner: app.notes, app.touch(), audit.guarded
alter table app.notes owner to app_auditor;
alter function app.touch() owner to app_auditor;
alter view audit.guarded owner to current_user;

-- owner_members: reports
create role reports;
grant app_inspector to reports;

-- parameter_grant: session_replication_role
grant set on parameter session_replication_role to app_user;

-- public_execute: app.uuidv7()
grant execute on function app.uuidv7() to public;

-- public_grant: auth, auth.credentials
grant select (email) on auth.credentials to public;
grant usage on schema auth to public;

-- publication: changes
create publication changes for table app.notes;

-- rewrite_rule: quiet on app.notes
create rule quiet as on delete to app.notes do instead nothing;

-- role_attributes: app_api, app_api, app_auditor, app_user
alter role app_api createrole inherit;
alter role app_auditor inherit;
alter role app_user login;

-- role_setting: app_api, app_user
alter role app_api set search_path = public;
alter role app_user set row_security = off;

-- sampled_text: app.notes.title
alter table app.notes alter column title set statistics -1;

-- search_path: app.create_workspace(name text), app.my_workspaces(minimum text)
alter function app.create_workspace(text) reset search_path;
alter function app.my_workspaces(text) set search_path = pg_temp, app;

-- sequence_grant: app.numbers
create sequence app.numbers;
alter sequence app.numbers owner to app_owner;
grant usage on sequence app.numbers to app_user;

-- stranger_trigger: note on app.notes
create function public.note() returns trigger language plpgsql as 'begin return new; end';
create trigger note before insert on app.notes for each row execute function public.note();

-- temporary_grant: database ours
do $$ begin execute format('grant temporary on database %I to app_user', current_database()); end $$;

-- trigger_execute: app.touch()
grant execute on function app.touch() to app_user;

-- unforced: app.notes, app.users, public.child
alter table app.notes no force row level security;
alter table app.users disable row level security;
create table public.child (primary key (id)) inherits (app.tasks);
create policy nobody on public.child as restrictive for all to app_user using (false) with check (false);

-- unguarded_table: public.loose
create table public.loose (id uuid);
grant delete on public.loose to app_user;

-- unique_across: app.notes_lower_idx, app.one_name
alter table app.projects add constraint one_name unique (name, id);
create unique index on app.notes (lower(title || id::text));

-- unlogged: app.comments
alter table app.comments set unlogged;

-- unvalidated: notes_body_check on app.notes
alter table app.notes drop constraint notes_body_check, add constraint notes_body_check check (char_length(body)
  between 0 and 100000) not valid;

-- view_definer: app.titles, public.titles
create view app.titles as select id, title from app.notes;
alter view app.titles owner to app_owner;
create view public.titles as select id, title from app.notes;

-- whole_table_grant: app.notes, app.notes
grant select, update on app.notes to app_user;

-- server_function: language plpgsql, lo_creat(integer), pg_terminate_backend(integer,bigint)
grant usage on language plpgsql to public;
grant execute on function lo_creat(integer), pg_terminate_backend(integer, bigint) to public;

-- invalid_index: app.notes_owner_id_id_bin_idx
update pg_index set indisvalid = false where indexrelid = 'app.notes_owner_id_id_bin_idx'::regclass;
