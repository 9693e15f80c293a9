-- keys: a person sees, makes and revokes their own, and those of service accounts where they are admin; functions of schema auth
-- read the one that a transaction is bound to.
-- needs: id uuid not null, owner_id uuid not null default app.claimed_user_id(), only_workspace_id uuid, disabled_at timestamptz
-- within: owner_id

-- At most those of the person and of their service accounts, whatever another policy says.
create policy fence on {table} as restrictive for all to app_user, app_viewer
  using (owner_id = any ((select app.my_holders())::uuid[]))
  with check (owner_id = any ((select app.my_holders())::uuid[]));

-- The same: the person's keys, and those of their service accounts.
create policy select_own on {table} for select to app_user, app_viewer
  using (owner_id = any ((select app.my_holders())::uuid[]));

-- A key of one's own; or of a service account, for a workspace where the caller is admin: without one it would be a person's.
create policy insert_own on {table} for insert to app_user
  with check (owner_id = (select app.claimed_user_id())
    or (owner_id = any ((select app.my_holders())::uuid[]) and only_workspace_id = any ((select app.my_workspaces('admin'))::uuid[])));

-- Revoking.
create policy delete_own on {table} for delete to app_user
  using (owner_id = any ((select app.my_holders())::uuid[]));

-- auth.use_key and auth.key_used see the key that their transaction is bound to, auth.set_keys_disabled the person's.
create policy select_bound on {table} for select to app_owner
  using (id = (select auth.current_key()) or owner_id = (select auth.current_person()));

-- auth.key_used says when, auth.set_keys_disabled whether.
create policy update_bound on {table} for update to app_owner
  using (id = (select auth.current_key()) or owner_id = (select auth.current_person()))
  with check (id = (select auth.current_key()) or owner_id = (select auth.current_person()));
