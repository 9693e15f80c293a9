-- refresh_tokens: hashes, seen by the functions of schema auth alone, one session at a time.
-- needs: owner_id uuid not null, session_id uuid not null, used_at timestamptz
-- within: owner_id, session_id

-- Of the session that the transaction is bound to.
create policy select_bound on {table} for select to app_owner
  using (session_id = (select auth.current_session()));

-- The first token of a session and the successor of a used one: app_owner sees the transaction's own sessions alone.
create policy insert_bound on {table} for insert to app_owner
  with check (session_id in (select id from app.sessions));

-- A token is used.
create policy update_bound on {table} for update to app_owner
  using (session_id = (select auth.current_session()))
  with check (session_id = (select auth.current_session()));

-- Used tokens are forgotten after a week.
create policy delete_used on {table} for delete to app_owner
  using (session_id = (select auth.current_session()) and used_at < now() - interval '7 days');
