-- owner: a row belongs to one user, and only that user sees or changes it.
-- needs: owner_id uuid not null default app.claimed_user_id(), deleted_at timestamptz, created_by uuid default app.claimed_user_id(), updated_by uuid default app.claimed_user_id()
-- within: owner_id

-- At most the owner, whatever another policy says. One question of what is read and of what is written: Postgres asks it of a
-- new row once, and RETURNING adds none.
create policy fence on {table} as restrictive for all to app_user, app_trash, app_viewer
  using (owner_id = (select app.current_user_id()))
  with check (owner_id = (select app.current_user_id()));

-- A new row names its maker, as it names who changed it.
create policy fence_insert on {table} as restrictive for insert to app_user
  with check (created_by = updated_by);

-- A new or changed row names its owner as who changed it.
create policy fence_signed on {table} as restrictive for all to app_user, app_trash
  with check (updated_by = owner_id);

-- The owner sees live rows; the constant test on deleted_at lets partial indexes serve.
create policy select_owner on {table} for select to app_user, app_viewer
  using (owner_id = (select app.claimed_user_id()) and deleted_at is null);

-- The owner adds rows of their own.
create policy insert_owner on {table} for insert to app_user
  with check (owner_id = (select app.claimed_user_id()) and deleted_at is null);

-- The owner changes live rows and cannot give them away.
create policy update_owner on {table} for update to app_user
  using (owner_id = (select app.claimed_user_id()) and deleted_at is null)
  with check (owner_id = (select app.claimed_user_id()) and deleted_at is null);

-- At the bin the owner sees live and binned rows: moving one needs both in sight.
create policy select_bin on {table} for select to app_trash
  using (owner_id = (select app.claimed_user_id()));

-- The owner bins and restores; only deleted_at is granted.
create policy update_bin on {table} for update to app_trash
  using (owner_id = (select app.claimed_user_id()))
  with check (owner_id = (select app.claimed_user_id()));
