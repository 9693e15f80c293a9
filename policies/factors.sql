-- factors: the one person's whom the transaction is about, by functions of schema auth alone.
-- needs: user_id uuid not null, secret bytea not null, confirmed boolean not null
-- within: user_id

-- Whoever is signed in, or signs in by the address.
create policy select_bound on {table} for select to app_owner
  using (user_id = (select auth.current_person()));

-- auth.enrol and auth.confirm_factor.
create policy insert_bound on {table} for insert to app_owner
  with check (user_id = (select app.current_user_id()));

-- Confirmed, or used.
create policy update_bound on {table} for update to app_owner
  using (user_id = (select auth.current_person()))
  with check (user_id = (select auth.current_person()));

-- A recovery code that was used, and what its person gives up.
create policy delete_bound on {table} for delete to app_owner
  using (user_id = (select auth.current_person()));
