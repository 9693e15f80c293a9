"""Of a table: its flags, policies, triggers, constraints and columns."""

from tests.weakenings import Weakening

TABLES = {
    "row security not forced": Weakening(
        "alter table app.notes no force row level security",
        "alter table app.notes force row level security",
        "app.notes lacks forced row security",
    ),
    "row security disabled": Weakening(
        "alter table app.tasks disable row level security",
        "alter table app.tasks enable row level security",
        "app.tasks lacks forced row security",
    ),
    "fence dropped": Weakening(
        "drop policy fence_insert on app.notes",
        "create policy fence_insert on app.notes as restrictive for insert to app_user with check (created_by = updated_by)",
        "gone: policy fence_insert on app.notes as restrictive for insert",
    ),
    "policy loosened": Weakening(
        "alter policy select_owner on app.notes using (true)",
        "alter policy select_owner on app.notes using (owner_id = (select app.claimed_user_id()) and deleted_at is null)",
        "new: policy select_owner on app.notes as permissive for select to app_user, app_viewer using true",
    ),
    "policy for other roles": Weakening(
        "alter policy fence_insert on app.tasks to app_trash",
        "alter policy fence_insert on app.tasks to app_user",
        "new: policy fence_insert on app.tasks as restrictive for insert to app_trash",
    ),
    "policy added": Weakening(
        "create policy open on app.comments for select to public using (true)",
        "drop policy open on app.comments",
        "new: policy open on app.comments as permissive for select to public using true",
    ),
    "trigger dropped": Weakening(
        "drop trigger guard_membership on app.memberships",
        "create trigger guard_membership before update or delete on app.memberships for each row "
        "execute function app.guard_membership()",
        "gone: trigger on app.memberships: CREATE TRIGGER guard_membership",
    ),
    "trigger disabled": Weakening(
        "alter table app.memberships disable trigger guard_membership",
        "alter table app.memberships enable trigger guard_membership",
        "app.guard_membership(), enabled D",
    ),
    "constraints disabled": Weakening(
        "alter table app.tasks disable trigger all",
        "alter table app.tasks enable trigger all",
        "new: constraint tasks_workspace_id_project_id_fkey on app.tasks: disabled",
    ),
    "tenant left out of a foreign key": Weakening(
        "alter table app.tasks drop constraint tasks_workspace_id_project_id_fkey",
        "alter table app.tasks add constraint tasks_workspace_id_project_id_fkey "
        "foreign key (workspace_id, project_id) references app.projects (workspace_id, id)",
        "gone: constraint tasks_workspace_id_project_id_fkey on app.tasks: FOREIGN KEY (workspace_id, project_id)",
    ),
    "constraint across owners": Weakening(
        "alter table app.notes add unique (title)",
        "alter table app.notes drop constraint notes_title_key",
        "new: constraint notes_title_key on app.notes: UNIQUE (title)",
    ),
    "texts sampled": Weakening(
        "alter table app.notes alter column title set statistics 100",
        "alter table app.notes alter column title set statistics 0",
        "gone: no samples of app.notes.title",
    ),
    "row without an owner": Weakening(
        "alter table app.notes alter column owner_id drop not null",
        "alter table app.notes alter column owner_id set not null",
        "new: column app.notes.owner_id: uuid, default app.claimed_user_id()",
    ),
    "another owner": Weakening(
        "alter table app.notes owner to app_auditor",
        "alter table app.notes owner to app_owner",
        "new: table app.notes: owner app_auditor, row security forced",
    ),
    "rule": Weakening(
        "create rule copy as on insert to app.notes do also insert into app.users (name) values (new.title)",
        "drop rule copy on app.notes",
        "new: rule copy on app.notes",
    ),
    "setting of the database": Weakening(
        "do $$ begin execute format('alter database %I set search_path = public', current_database()); end $$",
        "do $$ begin execute format('alter database %I reset search_path', current_database()); end $$",
        "login app_api starts with search_path=public",
    ),
}
