-- parent: what a table has besides where others name it as a parent (`__parents__`). Their trigger live_<parent> runs as app_owner, once
-- the policies of the child and its foreign key have let the new row through, and is told of one parent whether it is live; nobody
-- becomes app_owner, and outside a trigger it sees no parent.

-- A trigger, and nothing else of app_owner's, sees whether a parent is live.
create policy select_parent on {table} for select to app_owner
  using ((select pg_trigger_depth()) > 0);

-- And holds it until the end of its transaction; it changes none.
create policy hold_parent on {table} for update to app_owner
  using ((select pg_trigger_depth()) > 0)
  with check (false);
