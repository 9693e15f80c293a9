-- revocations: which sessions and subjects have ended of late; written as one ends, read by auth.ended_sessions, both as app_owner.
-- needs: session_id uuid not null, created_at timestamptz not null default clock_timestamp()
-- within: everybody

-- Nothing ends in the future.
create policy select_past on {table} for select to app_owner
  using (created_at <= clock_timestamp());

-- Nothing is said to end later.
create policy insert_past on {table} for insert to app_owner
  with check (created_at <= clock_timestamp());

-- A subject that ends again ends later.
create policy update_past on {table} for update to app_owner
  using (created_at <= clock_timestamp())
  with check (created_at <= clock_timestamp());

-- No access token lives for two days.
create policy delete_old on {table} for delete to app_owner
  using (created_at < now() - interval '2 days');
