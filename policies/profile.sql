-- profile: a person, or a service account. You see yourself and the people you share a workspace with; you change yourself.
-- needs: id uuid not null default app.uuidv7(), service boolean not null default false, created_by uuid default app.claimed_user_id(), updated_by uuid default app.claimed_user_id()
-- within: id

-- At most the caller's people, whatever another policy says; only the caller's own row changes.
create policy fence on {table} as restrictive for all to app_user, app_viewer
  using (id = any ((select app.my_people())::uuid[]))
  with check ((select app.current_user_id()) = all (array[id, updated_by]));

-- Yourself and the people you share a workspace with.
create policy select_people on {table} for select to app_user, app_viewer
  using (id = any ((select app.my_people())::uuid[]));

-- Yourself alone.
create policy update_self on {table} for update to app_user
  using (id = (select app.current_user_id()))
  with check (id = (select app.current_user_id()));

-- auth.sign_up adds a person whom nobody made.
create policy insert_sign_up on {table} for insert to app_owner
  with check (created_by is null);

-- app.create_service_account adds one that the caller has made, who is a person.
create policy insert_service on {table} for insert to app_owner
  with check (service and created_by = (select app.current_user_id()));

-- auth.erase takes the caller's own row away, and with it what is theirs; the trigger end_service, and nothing that is called, a
-- service account.
create policy select_leaving on {table} for select to app_owner
  using (id = (select app.current_user_id()) or (service and (select pg_trigger_depth()) > 0));

-- As for select.
create policy delete_leaving on {table} for delete to app_owner
  using (id = (select app.current_user_id()) or (service and (select pg_trigger_depth()) > 0));
