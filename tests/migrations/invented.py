"""What a revision may do to access, and every line that `make history` says of it."""

ME, SEALED = "(select app.claimed_user_id())", "(select app.current_user_id())"
ADDED = {
    "a column to write": (
        "grant update (created_at) on app.notes to app_user",
        ["+ notes: app_user may now update created_at"],
    ),
    "a command": (
        "grant delete on app.notes to app_auditor",
        ["? notes: app_auditor is granted delete, which no policy lets through"],
    ),
    "a command that a policy lets through": (
        "grant delete on app.notes to app_user; create policy delete_owner on app.notes for delete to app_user using (false)",
        ["+ notes: app_user may now delete", "+ notes: policy delete_owner (delete, app_user) is new: using false"],
    ),
    "a policy for everybody": (
        "create policy open on app.notes for select to public using (true)",
        ["+ notes: policy open (select, public) is new: using true"],
    ),
    "a policy that asks for one of two, and a third": (
        "create policy open on app.notes for select to app_user using ((title = '' or body = '') and version = 1)",
        ["+ notes: policy open (select, app_user) is new: using ((title = ''::text) OR (body = ''::text)) and version = 1"],
    ),
    "a grant to everybody that may be handed on": (
        "grant select (title) on app.notes to public; grant select (body) on app.notes to app_user with grant option",
        [
            "+ notes: public may now select title",
            "+ notes: app_user may hand select on to others",
        ],
    ),
    "what policies do not guard": ("grant truncate on app.tasks to app_user", ["+ tasks: app_user may now truncate"]),
    "a column with its grant": (
        "alter table app.notes add colour text; grant select (colour) on app.notes to app_user",
        ["+ notes: app_user may now select colour"],
    ),
    "a definer function": (
        """create function app.leak() returns int language sql security definer return 1;
            grant execute on function app.leak() to app_user""",
        [
            "+ leak(): this function is new; it acts as its owner, app_owner, with no settings",
            "+ leak(): app_user may now call it",
        ],
    ),
    "a view": (
        "create view audit.everything as select id from app.notes; grant select on audit.everything to app_auditor",
        [
            "+ audit.everything: this view is new",
            "+ audit.everything: it reads as its owner, app_owner",
            "+ audit.everything: app_auditor may now select",
        ],
    ),
    "a table": (
        "create table app.labels (id uuid); grant select on app.labels to app_user",
        [
            "+ labels: this table is new",
            "+ labels: row security is not enabled: no policy is asked",
            "+ labels: row security is not forced: its owner sees every row",
            "+ labels: app_user may now select",
        ],
    ),
    "a trigger": (
        "create trigger planted before insert on app.notes for each row execute function app.touch()",
        [
            (
                "? notes: trigger planted is new: CREATE TRIGGER planted BEFORE INSERT ON app.notes "
                "FOR EACH ROW EXECUTE FUNCTION app.touch()"
            )
        ],
    ),
    "a schema": ("grant create on schema app to app_user", ["+ app: app_user create is now granted"]),
}
REMOVED = {
    "a command": ("revoke insert on app.tasks from app_user", ["- tasks: app_user loses insert"]),
    "a command by its policy": (
        "drop policy insert_member on app.tasks",
        [
            "- tasks: app_user loses insert",
            "- tasks: policy insert_member (insert, app_user) is gone: with check deleted_at IS NULL",
        ],
    ),
    "a column to write": ("revoke update (title) on app.notes from app_user", ["- notes: app_user loses update of title"]),
    "the fence": (
        "drop policy fence on app.notes",
        [
            f"+ notes: restrictive policy fence (all, app_user, app_trash, app_viewer) is gone: using owner_id = {SEALED}",
        ],
    ),
    "force": (
        "alter table app.notes no force row level security",
        ["+ notes: row security is not forced: its owner sees every row"],
    ),
    "row security": (
        "alter table app.notes disable row level security",
        ["+ notes: row security is not enabled: no policy is asked"],
    ),
    "a trigger": ("drop trigger touch on app.notes", ["? notes: trigger touch is gone"]),
    "a trigger's working": ("alter table app.notes disable trigger touch", ["? notes: trigger touch is disabled"]),
    "an identity column's default": (
        "alter table app.notes alter owner_id drop default",
        ["? notes: default of owner_id is gone"],
    ),
    "a call": (
        "revoke execute on function app.create_workspace(text) from app_user",
        ["- create_workspace(text): app_user may no longer call it"],
    ),
    "a function": (
        "drop function app.create_workspace(text)",
        ["? create_workspace(text): this function is gone", "- create_workspace(text): app_user may no longer call it"],
    ),
    "a key": (
        "alter table app.memberships drop constraint memberships_user_id_service_fkey",
        ["? memberships: key memberships_user_id_service_fkey is gone"],
    ),
}
WIDENED = {
    "one condition less": (
        f"alter policy select_owner on app.notes using (owner_id = {ME})",
        ["+ notes: policy select_owner (select, app_user, app_viewer): using no longer asks deleted_at IS NULL"],
    ),
    "no condition": (
        "alter policy update_owner on app.notes with check (true)",
        [
            (
                "+ notes: policy update_owner (update, app_user): with check no longer asks "
                f"deleted_at IS NULL and owner_id = {ME}"
            )
        ],
    ),
    "one role more": (
        "alter policy insert_owner on app.notes to app_user, app_viewer",
        ["+ notes: policy insert_owner (insert, app_user) holds for app_viewer too"],
    ),
    "a fence for one role less": (
        "alter policy fence on app.notes to app_user, app_viewer",
        ["+ notes: restrictive policy fence (all, app_user, app_trash, app_viewer) no longer holds for app_trash"],
    ),
    "permissive for restrictive": (
        """drop policy fence_insert on app.notes;
            create policy fence_insert on app.notes for insert to app_user with check (created_by = updated_by)""",
        ["+ notes: restrictive policy fence_insert (insert, app_user) is now permissive"],
    ),
    "a definer for an invoker": (
        "alter function app.my_people() security definer",
        ["+ my_people(): it now acts as its owner, app_owner"],
    ),
    "a role's attribute": ("reset role; alter role app_user bypassrls", ["+ app_user: is now bypassrls"]),
    "a role's membership": ("reset role; grant app_seal to app_api", ["+ app_api: may now become app_seal"]),
    "a view's invoker": (
        "create view audit.x with (security_invoker=true) as select 1 as one; alter view audit.x reset (security_invoker)",
        ["+ audit.x: this view is new", "+ audit.x: it reads as its owner, app_owner"],
    ),
}
NARROWED = {
    "one condition more": (
        f"alter policy select_owner on app.notes using (owner_id = {ME} and deleted_at is null and title <> 'a AND (b')",
        ["- notes: policy select_owner (select, app_user, app_viewer): using asks title <> 'a AND (b'::text too"],
    ),
    "a fence with one more": (
        f"alter policy fence on app.notes using (owner_id = {SEALED} and version > 0)",
        ["- notes: restrictive policy fence (all, app_user, app_trash, app_viewer): using asks version > 0 too"],
    ),
    "one role less": (
        "alter policy select_bin on app.notes to app_auditor",
        [
            "- notes: app_trash loses select",
            "+ notes: policy select_bin (select, app_trash) holds for app_auditor too",
            "- notes: policy select_bin (select, app_trash) no longer holds for app_trash",
        ],
    ),
    "another fence": (
        "create policy closed on app.notes as restrictive to app_user using (false)",
        ["- notes: restrictive policy closed (all, app_user) is new: using false"],
    ),
}
UNSAID = {
    "another condition": (
        f"alter policy select_owner on app.notes using (created_by = {ME} and deleted_at is null)",
        [
            (
                "? notes: policy select_owner (select, app_user, app_viewer): using asks "
                f"created_by = {ME} instead of owner_id = {ME}"
            )
        ],
    ),
    "another command": (
        f"""drop policy insert_owner on app.notes;
            create policy insert_owner on app.notes to app_user with check (owner_id = {ME} and deleted_at is null)""",
        ["? notes: policy insert_owner (insert, app_user) is now for all"],
    ),
    "another body": (
        "create or replace function app.role_rank(role text) returns integer language sql immutable parallel safe return 4",
        ["? role_rank(text): its body is another"],
    ),
    "another owner": ("reset role; alter table app.notes owner to app_seal", ["? notes: it now belongs to app_seal"]),
    "another search_path": (
        "alter function app.my_workspaces(text) reset search_path",
        ["? my_workspaces(text): it now runs with no settings"],
    ),
    "nothing": ("alter table app.notes add colour text; comment on policy fence on app.notes is 'x'", []),
}
