-- sessions: a person sees where they are signed in and ends it; functions of schema auth start and renew sessions.
-- needs: id uuid not null, owner_id uuid not null
-- within: owner_id

-- At most the person's own, whatever another policy says.
create policy fence on {table} as restrictive for all to app_user, app_viewer
  using (owner_id = (select app.current_user_id()))
  with check (owner_id = (select app.current_user_id()));

-- Where the person is signed in.
create policy select_own on {table} for select to app_user, app_viewer
  using (owner_id = (select app.claimed_user_id()));

-- Signing out, here or elsewhere.
create policy delete_own on {table} for delete to app_user
  using (owner_id = (select app.claimed_user_id()));

-- auth.start_session makes one for the person that its transaction is about.
create policy insert_bound on {table} for insert to app_owner
  with check (owner_id = (select auth.current_person()));

-- auth.refresh and auth.end_session see the session that their transaction is bound to, auth.end_sessions the person's.
create policy select_bound on {table} for select to app_owner
  using (id = (select auth.current_session()) or owner_id = (select auth.current_person()));

-- auth.refresh renews the session that its transaction is bound to.
create policy update_bound on {table} for update to app_owner
  using (id = (select auth.current_session()))
  with check (id = (select auth.current_session()));

-- Reuse of a token, signing out, a changed password or a disabled account end sessions.
create policy delete_bound on {table} for delete to app_owner
  using (id = (select auth.current_session()) or owner_id = (select auth.current_person()));
