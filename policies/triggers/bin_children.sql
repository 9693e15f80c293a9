-- bin_children: a parent takes its live children along, and restoring brings back just those, known by their moment.
create function app.{parent}_bin_{child}() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- RETURNING runs before this does, and could have dropped the identity that the children are to be found with, or narrowed
  -- it by a scope.
  if app.current_member_id() is distinct from new.updated_by then
    raise insufficient_privilege using message = 'no identity';
  end if;
  update app.{child} set deleted_at = new.deleted_at where {child_is_new} and deleted_at is not distinct from old.deleted_at;
  return null;
end
$$;
create trigger bin_{child} after update of deleted_at on {parent_table} for each row when (old.deleted_at is distinct from new.deleted_at) execute function app.{parent}_bin_{child}();
