"""Single holes of the kinds that are really made: the program has to find each, planted by itself into a copy of the world."""

from typing import NamedTuple


class Plant(NamedTuple):
    """What the owner changes, the table and family to begin with, and what undoes it where it is not the copy's alone."""

    sql: str
    table: str = "notes"
    family: str = "reads"
    undo: str = ""
    sealed_only: bool = False


def opened(table: str, policies: str) -> str:
    """Policies of a table that say true, the fence among them."""
    return "; ".join(f"alter policy {name} on app.{table} {clause}" for name, clause in
                     (part.split(" ", 1) for part in policies.split("; ")))  # fmt: skip


PLANTS = {
    "row security off": Plant("alter table app.notes disable row level security"),
    "row security off, memberships": Plant("alter table app.memberships disable row level security", "memberships"),
    "select for all": Plant(opened("notes", "select_owner using (true); fence using (true)")),
    "select for all, tenant": Plant(opened("tasks", "select_member using (true); fence using (true)"), "tasks"),
    "bin shown to members": Plant(
        "alter policy select_member on app.tasks using (workspace_id = any (app.my_workspaces()))", "tasks"
    ),
    "viewers write": Plant("drop policy needs_editor on app.tasks", "tasks", "blind writes"),
    "viewers rename": Plant("drop policy needs_owner on app.workspaces", "workspaces", "blind writes"),
    "anybody edits a comment": Plant("drop policy needs_author on app.comments", "comments", "blind writes"),
    "members promote": Plant("alter table app.memberships disable trigger guard_membership", "memberships", "blind writes"),
    "members by insert": Plant(
        "grant insert (workspace_id, user_id, role) on app.memberships to app_user; "
        "create policy planted on app.memberships for insert to app_user with check (true); "
        "alter policy fence on app.memberships with check (true)",
        "memberships",
        "moved rows",
    ),
    "rows given away": Plant(
        "grant update (owner_id) on app.notes to app_user; alter policy update_owner on app.notes with check (true); "
        "alter policy fence on app.notes with check (true)",
        family="moved rows",
    ),
    "history forged": Plant("grant update (created_by) on app.notes to app_user", family="moved rows"),
    "blind delete": Plant(
        "grant delete on app.notes to app_user; create policy planted on app.notes for delete to app_user using (true); "
        "alter policy fence on app.notes using (true)",
        family="blind writes",
    ),
    "truncate": Plant("grant truncate on app.notes to app_user", family="blind writes"),
    "trigger": Plant("grant trigger on app.notes to app_user", family="escalation"),
    "login reads": Plant(
        "grant usage on schema app to app_api; grant select on app.notes to app_api; "
        "create policy planted on app.notes to app_api using (true)"
    ),
    "view of its owner's": Plant("create view app.planted as select * from app.notes; grant select on app.planted to app_user"),
    "materialized view": Plant(
        "create materialized view app.planted as select * from app.notes; grant select on app.planted to app_user"
    ),
    "definer function": Plant(
        "create function app.planted() returns setof app.notes language sql security definer as 'select * from app.notes'; "
        "grant execute on function app.planted() to app_user"
    ),
    "child table": Plant(
        "create table app.planted () inherits (app.notes); grant select on app.planted to app_user; "
        "insert into app.planted select * from app.notes"
    ),
    "sequence": Plant("create sequence app.planted; grant select on sequence app.planted to app_user"),
    "foreign-key oracle": Plant(
        "drop trigger live_projects on app.tasks; alter table app.tasks drop constraint tasks_workspace_id_project_id_fkey; "
        "alter table app.tasks add constraint planted foreign key (project_id) references app.projects (id)",
        "projects",
        "oracles",
    ),
    "unique across owners": Plant(
        "delete from app.notes n using app.notes o where n.title = o.title and n.id > o.id; "
        "alter table app.notes add unique (title)",
        family="oracles",
    ),
    "talkative error": Plant(
        "create function app.planted() returns trigger language plpgsql security definer as "
        "$$ begin raise check_violation using message = 'unlike ' || (select min(title) from app.notes); end $$; "
        "create trigger planted before insert on app.notes for each row execute function app.planted()",
        family="oracles",
    ),
    "statistics": Plant("alter table app.notes alter title set statistics 100; analyze app.notes", family="side channels"),
    "invitation without secret": Plant(
        "do $$ begin execute replace(pg_get_functiondef('app.accept_invitation(uuid,text)'::regprocedure), "
        "'and token_hash = sha256(convert_to(secret, ''UTF8''))', ''); end $$",
        "invitations",
        "oracles",
    ),
    "nobody is somebody": Plant(
        "do $$ begin execute format('create or replace function app.current_user_id() returns uuid language sql stable return "
        "coalesce(app.claimed_user_id(), %L)', (select owner_id from app.notes n order by id limit 1)); end $$"
    ),
    "scope: private rows": Plant(
        "create or replace function app.current_user_id() returns uuid language sql stable parallel restricted "
        "return app.current_member_id()",
        family="scopes",
    ),
    "scope: other workspaces": Plant(
        "do $$ begin execute replace(pg_get_functiondef('app.my_workspaces(text)'::regprocedure), "
        "'app.claimed_workspace() is null or', 'true or'); "
        "execute replace(pg_get_functiondef('seal.claimed_workspaces(text)'::regprocedure), "
        "'app.claimed_workspace() is null or', 'true or'); end $$",
        "tasks",
        "scopes",
    ),
    "scope: reads become writes": Plant(
        "create or replace function app.current_member_id() returns uuid language sql stable parallel restricted "
        "return seal.verified('app.current_user_id')::uuid",
        family="scopes",
    ),
    "temporary objects": Plant(
        "do $$ begin execute format('grant temporary on database %I to public', current_database()); end $$",
        family="escalation",
    ),
    "peers ended": Plant("grant execute on function pg_terminate_backend(int, bigint) to app_user", family="escalation"),
    "peers' statements": Plant("grant execute on function pg_stat_get_activity(int) to public", family="escalation"),
    "large objects": Plant("grant execute on function lo_create(oid) to public", family="escalation"),
    "code": Plant("grant usage on language plpgsql to app_user", family="escalation"),
    "create in a schema": Plant("grant create on schema app to app_user", family="escalation"),
    "credentials": Plant(
        "grant usage on schema auth to app_user; grant select on auth.credentials to app_user", family="escalation"
    ),
    "role of the owner": Plant("grant app_owner to app_api", family="escalation", undo="revoke app_owner from app_api"),
    "role of all data": Plant(
        "grant pg_read_all_data to app_user", family="escalation", undo="revoke pg_read_all_data from app_user"
    ),
    "role past policies": Plant("alter role app_user bypassrls", undo="alter role app_user nobypassrls"),
    "sealed: login exempt": Plant("insert into seal.exempt values ('app_api')", family="identity", sealed_only=True),
    "sealed: key readable": Plant(
        "grant usage on schema seal to app_user; grant select on seal.keys to app_user", family="escalation", sealed_only=True
    ),
    "sealed: any seal will do": Plant(
        "create or replace function seal.verified(setting text) returns text language sql stable security definer as "
        "$$ select nullif(current_setting(setting, true), '') $$",
        family="identity",
        sealed_only=True,
    ),
}
