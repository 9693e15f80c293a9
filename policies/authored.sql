-- authored: rows of a workspace that only their author changes; stands beside tenant, and narrows it.
-- needs: created_by uuid default app.claimed_user_id()

-- A row changes, and goes to the bin, by its author alone; only a parent's trigger takes it along (depth above 0:
-- no request can make a trigger).
create policy needs_author on {table} as restrictive for update to app_user, app_trash
  with check (created_by = (select app.claimed_user_id()) or (select pg_trigger_depth()) > 0);
