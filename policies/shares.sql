-- shares: who else may read or write a row of a `shared` table, as what and until when. Its owner offers and revokes.
-- needs: owner_id uuid not null default app.claimed_user_id(), user_id uuid, role text not null, expires_at timestamptz, token_hash bytea, created_by uuid default app.claimed_user_id(), updated_by uuid default app.claimed_user_id()
-- within: owner_id, user_id
--
-- Nobody learns from sharing whether a person exists, because no statement about a share names a person:
--   * A share is offered to whoever holds its token, and only the holder writes their own id into it. An owner who had to
--     name somebody would learn from the answer, from a unique or foreign key, or from the time taken, who has an account.
--   * user_id is in no grant for insert, and there is no update at all, so a foreign key to users is never asked about an
--     id of the caller's choice. "Shared with this person already" is a unique key that only its own holder can meet.
--   * (owner_id, row) refers to (owner_id, id): for a stranger the key fails alike for a hidden row and for no row.
--   * A token that is wrong, used, revoked, expired or one's own is like none, in the answer and in what is read for it.
--   * The owner learns who accepted, since they chose to. Those who share a row do not see each other's shares.
-- A share is never changed, only deleted, so a former holder has nothing to restore; what was taken back ends with the
-- next statement. One's own share stays in sight while the row is in the bin, to be left at any time.

-- At most the row's owner and the holder; the claimed names on a new share are the verified one.
create policy fence on {table} as restrictive for all to app_user, app_viewer
  using (owner_id = (select app.current_user_id()) or user_id = (select app.current_user_id()))
  with check ((select app.current_user_id()) = all (array[owner_id, created_by, updated_by]));

-- The owner sees every share of their rows, offers that are still open among them.
create policy select_owner on {table} for select to app_user, app_viewer
  using (owner_id = (select app.claimed_user_id()));

-- The holder sees their own.
create policy select_holder on {table} for select to app_user, app_viewer
  using (user_id = (select app.claimed_user_id()));

-- The owner offers; that the row is theirs is the foreign key's to say.
create policy insert_owner on {table} for insert to app_user
  with check (owner_id = (select app.claimed_user_id()) and user_id is null);

-- A reader or writer cannot share on, and is told so; anybody else meets the foreign key, which is like no row.
create policy needs_row_owner on {table} as restrictive for insert to app_user
  with check (not {column} = any ((select app.shared_{parent}('reader'))::uuid[]));

-- The owner revokes.
create policy delete_owner on {table} for delete to app_user
  using (owner_id = (select app.claimed_user_id()));

-- The holder leaves.
create policy delete_holder on {table} for delete to app_user
  using (user_id = (select app.claimed_user_id()));

-- Functions that read shares as app_owner see the caller's own, and the one offer whose token the transaction shows: a
-- function that forgets its filter leaks nothing.
create policy select_shown on {table} for select to app_owner
  using (user_id = (select app.current_user_id()) or token_hash = (select app.shown_token()));

-- They accept that offer in the caller's name, and hold the caller's share still while its row is written.
create policy update_shown on {table} for update to app_owner
  using (user_id = (select app.current_user_id()) or token_hash = (select app.shown_token()))
  with check (user_id = (select app.current_user_id()));

-- A share that is accepted replaces the caller's earlier one of the same row.
create policy delete_self on {table} for delete to app_owner
  using (user_id = (select app.current_user_id()));
