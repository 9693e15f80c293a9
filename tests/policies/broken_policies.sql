-- What breaks the rules about policies, as broken.sql does the others.

-- check_missing: update_owner on app.notes
drop policy update_owner on app.notes;
create policy update_owner on app.notes for update to app_user using (owner_id = (select app.current_user_id()) and
  deleted_at is null);

-- duplicate_policy: again on app.users
create policy again on app.users for update to app_user using (id = (select app.current_user_id())) with check (id =
  (select app.current_user_id()));

-- fence_missing: app.projects for app_trash, app.projects for app_user, app.projects for app_viewer, app.tasks for app_trash, app.tasks for app_user, app.tasks for app_viewer, app.users for app_user, app.users for app_viewer
alter policy fence on app.projects using (workspace_id = any ((select seal.claimed_workspaces())::uuid[]));
drop policy fence on app.tasks;
alter policy fence on app.users using (id = any ((select app.my_people())::uuid[]))
  with check ((select app.claimed_user_id()) = all (array[id, updated_by]));

-- fixed_identity: inbox on app.notes
create policy inbox on app.notes for select to app_user using (owner_id = '00000000-0000-0000-0000-00000000000a');

-- no_policy: app.bare
create table app.bare (id uuid primary key);
alter table app.bare owner to app_owner;
alter table app.bare enable row level security, force row level security;

-- null_identity: visitors on app.notes, visitors on app.projects
create policy visitors on app.notes for select to app_user
  using (owner_id = (select app.claimed_user_id()) or (select app.claimed_user_id()) is null);
create policy visitors on app.projects for update to app_user using (workspace_id = any ((select app.my_workspaces())::uuid[]))
  with check (created_by is not distinct from (select app.claimed_user_id()));

-- policy_without_grant: delete_owner on app.notes
create policy delete_owner on app.notes for delete to app_user using (owner_id = (select app.current_user_id()));

-- public_policy: select_people on app.users
alter policy select_people on app.users to public;

-- self_reference: looped on app.notes
create policy looped on app.notes as restrictive for select to app_user using (exists (select from app.notes other
  where other.id = notes.id));

-- true_predicate: fence on app.tasks, select_owner on app.notes, update_self on app.users
alter policy select_owner on app.notes using (true);
alter policy update_self on app.users using (id = id);
alter policy fence on app.tasks using (workspace_id is null or true);

-- unverified_identity: select_founder on app.workspaces, select_self on app.memberships
alter policy select_self on app.memberships using (user_id = (select app.claimed_user_id()));
alter policy select_founder on app.workspaces using (id = any ((select seal.claimed_workspaces())::uuid[]));

-- unwrapped: select_member on app.tasks, select_owner on app.notes
alter policy select_owner on app.notes using (owner_id = app.current_user_id() and deleted_at is null);
alter policy select_member on app.tasks using (workspace_id = any (app.my_workspaces()) and deleted_at is null);

-- viewer_writes: app.notes
grant insert (title) on app.notes to app_viewer;
