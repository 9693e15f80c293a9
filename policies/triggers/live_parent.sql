-- live_parent: a binned parent takes no new children, moved or restored ones included. The shared lock lets a parent that
-- goes to the bin at the same moment wait, and then take the child along. As app_owner, by policies/parent.sql: asked as the person, it
-- would have them verified for each row. By then the child's policies have verified them, and its foreign key, whose trigger
-- comes first by name, has found the parent within the same owner or tenant: whoever sees the refusal may see the parent.
create function app.{child}_live_{parent}() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform from app.{parent} where {parent_is_new} and deleted_at is null for share;
  if not found then
    raise foreign_key_violation using message = '{parent}: no such live row',
      schema = 'app', table = '{child}', column = '{column}', constraint = '{constraint}';
  end if;
  return null;
end
$$;
create trigger live_{parent} after insert or update of {update_columns} on {table} for each row {when_live} execute function app.{child}_live_{parent}();
