-- reference: rows that every signed-in user reads and no request writes (countries, units, plans).

-- Signed in, nothing more; rows come from migrations.
create policy select_signed_in on {table} for select to app_user
  using ((select app.current_user_id()) is not null);
