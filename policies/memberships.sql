-- memberships: who belongs to a workspace. Members see each other; the trigger guard_membership decides who changes whom.
-- needs: workspace_id uuid not null, user_id uuid not null, role text not null, service boolean not null default false, created_by uuid default app.claimed_user_id(), updated_by uuid default app.claimed_user_id()
-- within: workspace_id, user_id

-- At most the workspace's members, whatever another policy says. One question of what is read and of what is written: Postgres
-- asks it of a new row once, and RETURNING adds none.
create policy fence on {table} as restrictive for all to app_user, app_viewer
  using (workspace_id = any ((select app.my_workspaces())::uuid[]))
  with check (workspace_id = any ((select app.my_workspaces())::uuid[]));

-- A new or changed row names the one whose workspaces the fence has just verified: policies are asked in their names' order.
create policy fence_signed on {table} as restrictive for all to app_user
  with check (updated_by = (select app.claimed_user_id()));

-- Members see who else is one; word for word the fence's question, which Postgres then asks once.
create policy select_member on {table} for select to app_user, app_viewer
  using (workspace_id = any ((select app.my_workspaces())::uuid[]));

-- Says "member" only: guard_membership compares old and new role with the caller's, and names the role that is missing.
create policy update_member on {table} for update to app_user
  using (workspace_id = any ((select app.my_workspaces())::uuid[]))
  with check (workspace_id = any ((select app.my_workspaces())::uuid[]));

-- Leaving and removing, decided as for update. Memberships are really deleted, or a former member could restore itself.
create policy delete_member on {table} for delete to app_user
  using (workspace_id = any ((select app.my_workspaces())::uuid[]));

-- seal.claimed_workspaces sees those of whom the transaction claims to be about.
create policy select_claimed on {table} for select to app_seal
  using (user_id = (select app.claimed_user_id()));

-- Functions that read memberships as app_owner see the caller's alone: without recursion, and without bypass.
create policy select_self on {table} for select to app_owner
  using (user_id = (select app.current_member_id()));

-- Functions make nobody a member but the caller: nobody is added without accepting.
create policy insert_self on {table} for insert to app_owner
  with check (user_id = (select app.current_user_id()));

-- But a service account, which nobody asks: a foreign key says that it is one.
create policy insert_service on {table} for insert to app_owner
  with check (service and workspace_id = any ((select app.my_workspaces('admin'))::uuid[]));
