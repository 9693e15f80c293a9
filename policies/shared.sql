-- shared: the owner of a row lets others read or write it; stands beside owner: only the owner bins it, and only the owner shares it.
-- needs: id uuid not null
-- Shares of its rows stand in a table beside it, `note_shares` for `notes` (shares.sql).
--
-- As app_user a person has their own rows alone, exactly as under owner.sql; as app_guest, the same person is let into what
-- others share with them too. One role for both would let an unfiltered `update` write other people's rows, and no index
-- serves "mine or shared with me" in one order: a page of one's own notes among 10^6 would be sorted, not read.

-- At most the owner and those it is shared with, whatever another policy says. `case`, because it alone promises an order: for
-- one's own rows nobody looks for shares.
create policy fence_guest on {table} as restrictive for all to app_guest
  using (case when owner_id = (select app.current_user_id()) then true
    else id = any ((select app.shared_{name}('reader'))::uuid[]) end)
  with check (case when owner_id = (select app.current_user_id()) then true
    else id = any ((select app.shared_{name}('reader'))::uuid[]) end);

-- A changed row names the one whom the fence has just verified: policies are asked in their names' order.
create policy fence_guest_signed on {table} as restrictive for all to app_guest
  with check (updated_by = (select app.claimed_user_id()));

-- Owner, readers and writers see live rows.
create policy select_guest on {table} for select to app_guest
  using ((owner_id = (select app.claimed_user_id()) or id = any ((select app.shared_{name}('reader'))::uuid[]))
    and deleted_at is null);

-- Says "shared" only: a stranger meets no row, a reader meets needs_writer by name.
create policy update_guest on {table} for update to app_guest
  using ((owner_id = (select app.claimed_user_id()) or id = any ((select app.shared_{name}('reader'))::uuid[]))
    and deleted_at is null)
  with check ((owner_id = (select app.claimed_user_id()) or id = any ((select app.shared_{name}('reader'))::uuid[]))
    and deleted_at is null);

-- Changing a row that is not one's own takes a writer.
create policy needs_writer on {table} as restrictive for update to app_guest
  with check (case when owner_id = (select app.claimed_user_id()) then true
    else id = any ((select app.shared_{name}('writer'))::uuid[]) end);
