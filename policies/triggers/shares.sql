-- held_share: who writes a row that is not their own holds their share still until the end. A policy judges by the snapshot
-- that its statement began with, which a wait for the row's lock outlives: without this a revocation that was committed in
-- the meantime would be followed by one more write. After the policies, which tell a reader what is missing; only for the
-- columns that requests write, so that erasing a person, which takes names off rows, passes.
create function app.{parent}_held_share() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from app.{child}
  where {column} = new.id and user_id = app.claimed_user_id() and role = 'writer'
    and (expires_at is null or expires_at > clock_timestamp())
  for share;
  if not found then
    raise insufficient_privilege using message = 'no such row';
  end if;
  return null;
end
$$;
create trigger held_share after update of {written} on {parent_table} for each row when (old.owner_id is distinct from app.claimed_user_id() and row_security_active('{parent_table}')) execute function app.{parent}_held_share();
