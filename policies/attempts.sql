-- attempts: counts of guesses, seen by the functions of schema auth alone: those of one account, and of networks.
-- needs: bucket bytea not null, account bytea, expires_at timestamptz not null default now() + interval '1 hour'
-- within: everybody

-- Of the account that the transaction is bound to, of any network, and what is to be forgotten.
create policy select_bound on {table} for select to app_owner
  using (account = (select auth.current_account()) or account is null or expires_at < now());

-- A first guess.
create policy insert_bound on {table} for insert to app_owner
  with check (account = (select auth.current_account()) or account is null);

-- One more, or one that was right. What is to be forgotten is locked first, and stays as it is.
create policy update_bound on {table} for update to app_owner
  using (account = (select auth.current_account()) or account is null or expires_at < now())
  with check (account = (select auth.current_account()) or account is null);

-- The right password, and time, forget.
create policy delete_bound on {table} for delete to app_owner
  using (account = (select auth.current_account()) or expires_at < now());
