-- Leaving: a person goes, and what is theirs alone goes along; what they share stays, without their name.
-- Every plpgsql function here ends its search_path in pg_temp: otherwise a temporary type named uuid would run its maker's
-- code with the function owner's rights.

-- erase: the person who is signed in, by the password that was found right; who has none here is signed in by a provider, and
-- the API has seen a token that it made just now. Everything else follows by foreign keys: rows that
-- were theirs go, their name is taken off the others.
create function auth.erase(password_hash text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- Held until the end, so that a password changed meanwhile is asked for.
  perform from auth.credentials c
  where c.user_id = app.current_user_id() and c.password_hash = erase.password_hash for update;
  if not found and (erase.password_hash is not null
    or exists (select from auth.credentials c where c.user_id = app.current_user_id())) then
    return false;
  end if;
  delete from app.users where id = app.current_user_id();
  return found;
end
$$;
grant execute on function auth.erase(password_hash text) to app_auth;

-- leave_workspace: whether the workspace went with its last person. guard_membership asks as a person who is erased leaves it:
-- inside the foreign key's own action, where row security does not hold its owner, and so only there are the other members,
-- and all rows of the workspace, in sight of a function.
create function app.leave_workspace(membership app.memberships) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  workspace uuid := membership.workspace_id;
  emptied regclass;
begin
  -- As for the last owner who leaves by themselves: two who go at once take turns. And nobody accepts an invitation from
  -- here on; who did a moment ago is seen.
  perform pg_advisory_xact_lock(hashtextextended('app.memberships:' || workspace, 0));
  perform from app.workspaces where id = workspace for update;
  if not exists (select from app.memberships where workspace_id = workspace and id <> membership.id and not service) then
    -- Rows that point at others go before those: found by their keys, so that a new table is among them.
    for emptied in
      with recursive inside (oid, depth) as (
        select conrelid, 1 from pg_constraint where confrelid = 'app.workspaces'::regclass
        union all
        select conrelid, depth + 1 from pg_constraint join inside on confrelid = inside.oid
      ) cycle oid set again using path
      select inside.oid from inside join pg_attribute on attrelid = inside.oid and attname = 'workspace_id'
      where not again group by inside.oid order by max(depth) desc
    loop
      execute format('delete from %s where workspace_id = $1', emptied) using workspace;
    end loop;
    delete from app.workspaces where id = workspace;
    return true;
  end if;
  if membership.role = 'owner' and not exists (
    select from app.memberships where workspace_id = workspace and role = 'owner' and id <> membership.id
  ) then
    raise restrict_violation using message = 'a workspace keeps at least one owner',
      schema = 'app', table = 'memberships', constraint = 'memberships_last_owner';
  end if;
  return false;
end
$$;

-- owned_alone: the workspaces that keep the caller, since others belong to them and nobody else owns them; read under the
-- caller's own policies. One in the bin has no name here.
create function app.owned_alone() returns table (id uuid, name text)
language sql stable set search_path = pg_catalog, pg_temp as $$
  select mine.workspace_id, w.name from app.memberships mine left join app.workspaces w on w.id = mine.workspace_id
  where mine.user_id = app.current_user_id() and mine.role = 'owner'
    and exists (select from app.memberships m where m.workspace_id = mine.workspace_id and m.id <> mine.id and not m.service)
    and not exists (
      select from app.memberships m where m.workspace_id = mine.workspace_id and m.id <> mine.id and m.role = 'owner'
    )
  order by 1
$$;
grant execute on function app.owned_alone() to app_user;
