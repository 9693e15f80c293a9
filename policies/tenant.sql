-- tenant: rows of a workspace. Its members read; its editors, admins and owners write.
-- needs: workspace_id uuid not null, deleted_at timestamptz, created_by uuid default app.claimed_user_id(), updated_by uuid default app.claimed_user_id()
-- within: workspace_id

-- At most the workspace's members, whatever another policy says. One question of what is read and of what is written: Postgres
-- asks it of a new row once, and RETURNING adds none.
create policy fence on {table} as restrictive for all to app_user, app_trash, app_viewer
  using (workspace_id = any ((select app.my_workspaces())::uuid[]))
  with check (workspace_id = any ((select app.my_workspaces())::uuid[]));

-- A new row names its maker, as it names who changed it.
create policy fence_insert on {table} as restrictive for insert to app_user
  with check (created_by = updated_by);

-- A new or changed row names the one whose workspaces the fence has just verified: policies are asked in their names' order.
create policy fence_signed on {table} as restrictive for all to app_user, app_trash
  with check (updated_by = (select app.claimed_user_id()));

-- Members see live rows. What is as wide as the fence asks who claims to be somebody; the fence before it verifies.
create policy select_member on {table} for select to app_user, app_viewer
  using (workspace_id = any ((select seal.claimed_workspaces())::uuid[]) and deleted_at is null);

-- A live one, and whose is not asked here: Postgres asks this before the fence, so what it said of who asks it would say of a
-- forged identity too. The fence turns strangers away, needs_editor tells members without the role which one is missing.
create policy insert_member on {table} for insert to app_user
  with check (deleted_at is null);

-- Says "member" only: a stranger meets no row, a member without the role meets needs_editor by name.
create policy update_member on {table} for update to app_user
  using (workspace_id = any ((select seal.claimed_workspaces())::uuid[]) and deleted_at is null)
  with check (workspace_id = any ((select seal.claimed_workspaces())::uuid[]) and deleted_at is null);

-- Every write, the bin included, takes an editor: asked of each row right behind the fence, by their names' order.
create policy needs_editor on {table} as restrictive for all to app_user, app_trash
  with check (workspace_id = any ((select seal.claimed_workspaces('editor'))::uuid[]));

-- At the bin members see live rows, editors the binned ones too: what they restore brings others' rows back with it. What is
-- asked of some rows alone verifies, since SQL may forge an identity between two rows of one statement.
create policy select_bin on {table} for select to app_trash
  using (workspace_id = any ((select app.my_workspaces())::uuid[])
    and (deleted_at is null or workspace_id = any ((select app.my_workspaces('editor'))::uuid[])));

-- Binning and restoring; needs_editor decides, only deleted_at is granted.
create policy update_bin on {table} for update to app_trash
  using (workspace_id = any ((select app.my_workspaces())::uuid[])
    and (deleted_at is null or workspace_id = any ((select app.my_workspaces('editor'))::uuid[])))
  with check (workspace_id = any ((select app.my_workspaces())::uuid[]));
