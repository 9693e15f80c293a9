-- reference: rows that every signed-in user reads and no request writes (countries, units, plans).
-- within: everybody

-- At most reading, whatever another policy says.
create policy fence on {table} as restrictive for all to app_user, app_viewer
  using ((select app.current_member_id()) is not null)
  with check (false);

-- Nor does a row go: what is deleted is never checked as a new row is.
create policy fence_delete on {table} as restrictive for delete to app_user
  using (false);

-- Signed in, nothing more; rows come from migrations.
create policy select_signed_in on {table} for select to app_user, app_viewer
  using ((select app.claimed_user_id()) is not null);
