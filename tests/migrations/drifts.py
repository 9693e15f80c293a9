"""Everything that somebody may change by hand, and the words by which the comparison must name it."""

DRIFTS = {
    "a policy is dropped": ("drop policy fence on app.notes", "create_entity.*app.fence app.notes"),
    "a policy is added": (
        "create policy open on app.notes for select to app_user using (true)",
        "drop_entity.*app.open app.notes",
    ),
    "a predicate is changed": (
        "alter policy select_owner on app.notes using (true)",
        "create_entity.*select_owner app.notes",
    ),
    "a policy's roles are changed": ("alter policy fence on app.tasks to app_trash", "create_entity.*fence app.tasks"),
    "a policy's comment is changed": (
        "comment on policy fence on app.users is 'nothing to see'",
        "replace.*PolicyComment: app.fence on app.users",
    ),
    "a policy's comment is taken": (
        "comment on policy select_people on app.users is null",
        "create_entity.*PolicyComment: app.select_people on app.users",
    ),
    "a column too many for app_user": ("grant update (owner_id) on app.notes to app_user", "app.notes.app_user.UPDATE"),
    "a column too few for app_user": ("revoke insert (title) on app.notes from app_user", "app.notes.app_user.INSERT"),
    "a command too many for app_user": ("grant delete on app.tasks to app_user", "drop.*app.tasks.app_user.DELETE"),
    "a command too few for app_trash": (
        "revoke update on app.workspaces from app_trash",
        "create.*app.workspaces.app_trash.UPDATE",
    ),
    "a command too many for app_trash": ("grant truncate on app.tasks to app_trash", "drop.*tasks.app_trash.TRUNCATE"),
    "a whole table for app_user": ("grant select on app.comments to app_user", "app.comments.app_user.SELECT"),
    "a grant that may be handed on": (
        "grant update (name) on app.users to app_user with grant option",
        "app.users.app_user.UPDATE",
    ),
    "a grant to everybody": ("grant select on auth.credentials to public", "drop.*auth.credentials.public.SELECT"),
    "a column for everybody": ("grant select (email) on auth.credentials to public", "drop.*credentials.public.SELECT"),
    "row security is not forced": ("alter table app.projects no force row level security", "RowSecurity: app.projects"),
    "row security is disabled": (
        "alter table app.memberships disable row level security",
        "RowSecurity: app.memberships",
    ),
    "a trigger is dropped": ("drop trigger touch on app.notes", "create_entity.*app.touch False app.notes"),
    "a trigger is disabled": (
        "alter table app.memberships disable trigger guard_membership",
        "create_entity.*guard_membership False app.memberships",
    ),
    "a function's body is changed": (
        """create or replace function app.bin_time() returns trigger language plpgsql
            set search_path = pg_catalog, pg_temp as 'begin return new; end'""",
        "PGFunction: app.bin_time",
    ),
    "a function's search_path is taken": ("alter function app.my_workspaces(text) reset search_path", "my_workspaces"),
    "a function is added": (
        """set role app_owner; create function app.leak() returns setof app.notes
            language sql security definer as 'select * from app.notes'; reset role""",
        "drop_entity.*app.leak",
    ),
    "an EXECUTE too many": (
        "grant execute on function app.my_workspaces(text) to app_auth",
        "drop_entity.*my_workspaces.*to app_auth",
    ),
    "an EXECUTE for everybody": (
        "grant execute on function auth.sign_up(text, text) to public",
        "drop_entity.*sign_up.*to public",
    ),
    "a function is made again by somebody whose functions are everybody's": (
        """drop function audit.state();
            create function audit.state() returns table (head text, serves text) language sql as 'select null, null';
            alter function audit.state() owner to app_owner""",
        "drop_entity.*state.. to public",
    ),
    "an EXECUTE too few": (
        "revoke execute on function audit.state() from app_api",
        "create_entity.*state.. to app_api",
    ),
    "a view is dropped": ("drop view audit.findings", "create_entity.*View: audit.findings"),
    "a view is added": (
        "set role app_owner; create view app.leak with (security_invoker) as select * from app.notes; reset role",
        "drop_entity.*View: app.leak",
    ),
    "a view's text is changed": (
        """create or replace view audit.guarded with (security_invoker) as
            select oid, relname::text as name, relname as schema, true as enabled, true as forced from pg_class""",
        "create_entity.*View: audit.guarded",
    ),
    "a view's comment is changed": ("comment on view audit.rule_unforced is 'nothing'", "replace.*view audit.rule_unforced"),
    "a view for one role more": ("grant select on audit.policies to app_user", "drop.*select on audit.policies to app_user"),
    "a view's column for everybody": (
        "grant select (name) on audit.policies to public",
        r"drop.*select \(name\) on audit.policies to public",
    ),
    "a view for one role less": (
        "revoke select on audit.rule_unforced from app_auditor",
        "create_entity.*select on audit.rule_unforced to app_auditor",
    ),
    "a view's grant that may be handed on": (
        "grant select on audit.guarded to app_auditor with grant option",
        "create_entity.*select on audit.guarded to app_auditor",
    ),
    "a CHECK is dropped": ("alter table app.tasks drop constraint tasks_status_check", "tasks_status_check"),
    "a CHECK is changed": (
        """alter table app.notes drop constraint notes_title_check,
            add constraint notes_title_check check (char_length(title) >= 0)""",
        "notes_title_check",
    ),
    "an index is dropped": ("drop index app.tasks_updated_by_idx", "add_index.*tasks_updated_by_idx"),
    "an index is not partial": (
        """drop index app.notes_owner_id_id_idx; set role app_owner;
            create index notes_owner_id_id_idx on app.notes (owner_id, id); reset role""",
        "add_index.*notes_owner_id_id_idx",
    ),
    "an index covers less": (
        """drop index app.memberships_user_id_service_idx; set role app_owner;
            create index memberships_user_id_service_idx on app.memberships (user_id, service); reset role""",
        "add_index.*memberships_user_id_service_idx",
    ),
    "what people wrote is sampled": (
        "alter table app.notes alter column title set statistics 100",
        "Unsampled: app.notes.title",
    ),
    "a column is added": ("alter table app.notes add column secret text", "remove_column.*secret"),
    "a server default is dropped": ("alter table app.tasks alter column created_by drop default", "created_by"),
    "a server default is added where a trigger writes": (
        "alter table app.invitations alter column accepted_at set default now()",
        "modify_default.*accepted_at",
    ),
    "a foreign key is dropped": ("alter table app.tasks drop constraint tasks_workspace_id_project_id_fkey", "add_fk"),
    "a NOT NULL is dropped": ("alter table app.notes alter column owner_id drop not null", "modify_nullable.*owner_id"),
    "a table is added": ("set role app_owner; create table app.shadow (id uuid); reset role", "remove_table.*shadow"),
}
