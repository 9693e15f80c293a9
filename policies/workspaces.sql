-- workspaces: a workspace is seen by its members and changed by its owners; app.create_workspace makes it.
-- needs: id uuid not null default app.uuidv7(), deleted_at timestamptz, created_by uuid default app.claimed_user_id(), updated_by uuid default app.claimed_user_id()
-- within: id

-- At most the workspace's members, whatever another policy says. One question of what is read and of what is written: Postgres
-- asks it of a new row once, and RETURNING adds none.
create policy fence on {table} as restrictive for all to app_user, app_trash, app_viewer
  using (id = any ((select app.my_workspaces())::uuid[]))
  with check (id = any ((select app.my_workspaces())::uuid[]));

-- A new or changed row names the one whose workspaces the fence has just verified: policies are asked in their names' order.
create policy fence_signed on {table} as restrictive for all to app_user, app_trash
  with check (updated_by = (select app.claimed_user_id()));

-- Members see a live workspace.
create policy select_member on {table} for select to app_user, app_viewer
  using (id = any ((select seal.claimed_workspaces())::uuid[]) and deleted_at is null);

-- Says "member" only: a stranger meets no row, a member without the role meets needs_owner by name.
create policy update_member on {table} for update to app_user
  using (id = any ((select seal.claimed_workspaces())::uuid[]) and deleted_at is null)
  with check (id = any ((select seal.claimed_workspaces())::uuid[]) and deleted_at is null);

-- Renaming, binning and restoring take an owner.
create policy needs_owner on {table} as restrictive for all to app_user, app_trash
  with check (id = any ((select app.my_workspaces('owner'))::uuid[]));

-- At the bin members see live workspaces, owners the binned ones too.
create policy select_bin on {table} for select to app_trash
  using (id = any ((select app.my_workspaces())::uuid[])
    and (deleted_at is null or id = any ((select app.my_workspaces('owner'))::uuid[])));

-- Binning and restoring; needs_owner decides, only deleted_at is granted.
create policy update_bin on {table} for update to app_trash
  using (id = any ((select app.my_workspaces())::uuid[])
    and (deleted_at is null or id = any ((select app.my_workspaces('owner'))::uuid[])))
  with check (id = any ((select app.my_workspaces())::uuid[]));

-- app.create_workspace makes workspaces in the caller's name alone.
create policy insert_founder on {table} for insert to app_owner
  with check (created_by = (select app.current_user_id()));

-- app.create_workspace and app.accept_invitation hand back what the caller has just become a member of.
create policy select_founder on {table} for select to app_owner
  using (id = any ((select app.my_workspaces())::uuid[]));
