-- factors: the one person's whom the transaction is about, by functions of schema auth alone.
-- needs: user_id uuid not null, secret bytea not null, confirmed boolean not null
-- within: user_id

-- Whoever is signed in, signs in by the address, or was mailed.
create policy all_bound on {table} for all to app_owner
  using (user_id = (select auth.current_person()))
  with check (user_id = (select auth.current_person()));
