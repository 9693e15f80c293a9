-- Kept: what the database writes into a row by itself.

-- touch: the database keeps who changed a row, when, and how often.
create function app.touch() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- "on delete set null" takes an erased person's name off a row; that is no change by anybody. A foreign key acts as the
  -- owner, inside its own trigger.
  if current_user = 'app_owner' and pg_trigger_depth() > 1 then
    return new;
  end if;
  new.updated_at := now();
  new.updated_by := app.claimed_user_id();
  new.version := old.version + 1;
  return new;
end
$$;

-- bin_time: the database says when a row went to the bin; the caller only says that it should. The exact moment tells
-- later which rows went together, so a parent's trigger (depth 2) hands its own moment down.
create function app.bin_time() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if new.deleted_at is not null and pg_trigger_depth() = 1 then
    new.deleted_at := coalesce(old.deleted_at, clock_timestamp());
  end if;
  return new;
end
$$;
