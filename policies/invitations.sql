-- invitations: a workspace's admins see, make and revoke them; app.accept_invitation turns one into a membership.
-- needs: workspace_id uuid not null, role text not null, accepted_at timestamptz, accepted_by uuid, created_by uuid default app.claimed_user_id(), updated_by uuid default app.claimed_user_id()
-- within: workspace_id

-- At most the workspace's members, whatever another policy says. One question of what is read and of what is written: Postgres
-- asks it of a new row once, and RETURNING adds none.
create policy fence on {table} as restrictive for all to app_user, app_viewer
  using (workspace_id = any ((select app.my_workspaces())::uuid[]))
  with check (workspace_id = any ((select app.my_workspaces())::uuid[]));

-- A new row names its maker, as it names who changed it.
create policy fence_insert on {table} as restrictive for insert to app_user
  with check (created_by = updated_by);

-- A new or changed row names the one whose workspaces the fence has just verified: policies are asked in their names' order.
create policy fence_signed on {table} as restrictive for all to app_user
  with check (updated_by = (select app.claimed_user_id()));

-- Admins see what is open and what was accepted.
create policy select_admin on {table} for select to app_user, app_viewer
  using (workspace_id = any ((select app.my_workspaces('admin'))::uuid[]));

-- Says "member" only: a stranger meets no row, a member without the role meets needs_admin or needs_owner by name.
create policy insert_member on {table} for insert to app_user
  with check (workspace_id = any ((select app.my_workspaces())::uuid[]));

-- Inviting takes an admin.
create policy needs_admin on {table} as restrictive for insert to app_user
  with check (workspace_id = any ((select app.my_workspaces('admin'))::uuid[]));

-- A role at most the inviter's: only an owner invites owners.
create policy needs_owner on {table} as restrictive for insert to app_user
  with check (role <> 'owner' or workspace_id = any ((select app.my_workspaces('owner'))::uuid[]));

-- Admins revoke.
create policy delete_admin on {table} for delete to app_user
  using (workspace_id = any ((select app.my_workspaces('admin'))::uuid[]));

-- app.accept_invitation sees open invitations, and the one that it has just closed for the caller.
create policy select_open on {table} for select to app_owner
  using (accepted_at is null or accepted_by = (select app.current_user_id()));

-- app.accept_invitation closes an open one in the caller's name.
create policy accept_open on {table} for update to app_owner
  using (accepted_at is null)
  with check (accepted_by = (select app.current_user_id()));
