-- mails: seen by functions of schema auth alone: who holds the token, whose they are, and the sender what is due or claimed.
-- needs: address text not null, user_id uuid, token_hash bytea, due_at timestamptz, claimed_at timestamptz, expires_at timestamptz not null default now() + interval '1 hour'
-- within: user_id, address, token_hash, due_at

-- Of the token, the address or the person that the transaction is bound to.
create policy select_bound on {table} for select to app_owner
  using (token_hash = (select auth.current_token()) or address = (select auth.current_email())
    or user_id = (select app.current_user_id()));

-- auth.claim_mails and auth.settle_mail: what is due now or later, or claimed, and what is old.
create policy select_sender on {table} for select to app_owner
  using (due_at is not null or claimed_at is not null or expires_at < now());

-- To the address that the transaction is bound to, or for the person.
create policy insert_bound on {table} for insert to app_owner
  with check (address = (select auth.current_email()) or user_id = (select app.current_user_id())
    or user_id = (select auth.mailed()));

-- Claimed, sent, or due again.
create policy update_sender on {table} for update to app_owner
  using (due_at is not null or claimed_at is not null)
  with check (claimed_at is not null or due_at is not null);

-- A token that was used, and what is old.
create policy delete_bound on {table} for delete to app_owner
  using (token_hash = (select auth.current_token()) or expires_at < now());
