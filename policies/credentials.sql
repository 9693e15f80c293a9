-- credentials: how a person signs in. app_auth sees one address at a time: the one its transaction is bound to.
-- needs: email text not null, user_id uuid not null
-- within: email, user_id

-- The address in the local setting auth.email, and no other.
create policy select_address on {table} for select to app_auth, app_owner
  using (email = (select auth.current_email()));

-- auth.sign_up writes to a known address too, so that the work does not tell that it is known.
create policy update_address on {table} for update to app_owner
  using (email = (select auth.current_email()))
  with check (email = (select auth.current_email()));

-- A person who is signed in, about to change the password.
create policy select_self on {table} for select to app_auth, app_owner
  using (user_id = (select app.current_user_id()));

-- auth.change_password changes the person's own.
create policy update_self on {table} for update to app_owner
  using (user_id = (select app.current_user_id()))
  with check (user_id = (select app.current_user_id()));

-- Whoever holds a mail's token, about to choose a password or to confirm an address.
create policy select_mailed on {table} for select to app_owner
  using (user_id = (select auth.mailed()));

-- auth.reset_password and auth.confirm_change change the one whom the mail was for.
create policy update_mailed on {table} for update to app_owner
  using (user_id = (select auth.mailed()))
  with check (user_id = (select auth.mailed()));

-- auth.sign_up adds the address that its transaction is bound to.
create policy insert_address on {table} for insert to app_owner
  with check (email = (select auth.current_email()));
