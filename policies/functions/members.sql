-- Members: what a person belongs to, and who may change that.
-- Every plpgsql function here ends its search_path in pg_temp: otherwise a temporary type named uuid would run its maker's
-- code with the function owner's rights.

-- my_workspaces: where the caller holds this role or a higher one, of those that a scope leaves. It reads memberships as app_owner, whose own policy there
-- shows the caller's rows alone: no recursion, no bypass, and a mistake in this body leaks nothing.
create function app.my_workspaces(minimum text default 'viewer') returns uuid[]
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- An older snapshot still shows roles that were taken away; it may read, and never write.
  if current_setting('transaction_isolation') <> 'read committed' and current_setting('transaction_read_only') = 'off' then
    raise feature_not_supported using message = 'rows of a workspace are written in read committed transactions only';
  end if;
  return coalesce((
    select array_agg(workspace_id) from app.memberships
    where user_id = app.claimed_user_id() and app.role_rank(role) >= app.role_rank(minimum)
      and (app.claimed_workspace() is null or workspace_id = app.claimed_workspace())
  ), '{}');
end
$$;
grant execute on function app.my_workspaces(minimum text) to app_user, app_trash, app_viewer;

-- claimed_workspaces: what my_workspaces would answer if the claimed identity were verified, for policies that let in no more than
-- the fence before them, which verifies it once for all: a verification is more than the rest of the question. Requests enter no
-- schema seal: their policies ask it, and nothing that they type does, or a forged identity would be shown its workspaces. It
-- reads memberships as app_seal, whose policy there shows the claimed identity's alone.
create function seal.claimed_workspaces(minimum text default 'viewer') returns uuid[]
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
begin
  return coalesce((
    select array_agg(workspace_id) from app.memberships
    where user_id = app.claimed_user_id() and app.role_rank(role) >= app.role_rank(minimum)
      and (app.claimed_workspace() is null or workspace_id = app.claimed_workspace())
  ), '{}');
end
$$;
grant execute on function seal.claimed_workspaces(minimum text) to app_user, app_trash, app_viewer;

-- my_people: the caller and those who share a workspace with them, read under the caller's own policies.
create function app.my_people() returns uuid[]
language plpgsql stable parallel restricted set search_path = pg_catalog, pg_temp as $$
begin
  return (select array_agg(distinct user_id) from app.memberships) || app.current_member_id();
end
$$;
grant execute on function app.my_people() to app_user, app_viewer;

-- guard_membership: who may change whose role. Policies see old or new row, never both, so the comparison lives here;
-- it runs with the caller's rights and names the role that was missing.
create function app.guard_membership() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  mine integer;
  touched integer := greatest(app.role_rank(old.role), case when tg_op = 'UPDATE' then app.role_rank(new.role) end);
begin
  -- Cascades from an erased person work by the owner's hand past row security. A statement can drop its identity
  -- after policies have read it, so none is no way through.
  if not row_security_active('app.memberships') then
    -- Within the foreign key's own trigger; what leave_workspace deletes comes here once more, one trigger deeper. Nested:
    -- beside nobody's id, a null, `and` would call the function too.
    if pg_trigger_depth() = 2 and old.user_id = app.claimed_user_id() then
      if app.leave_workspace(old) then
        return null;
      end if;
    end if;
    return case when tg_op = 'DELETE' then old else new end;
  elsif app.current_member_id() is null then
    raise insufficient_privilege using message = 'no identity';
  end if;
  if not (tg_op = 'DELETE' and old.user_id = app.claimed_user_id()) then
    -- Held until the end, so that nobody acts on a role that is being taken away.
    mine := coalesce((
      select app.role_rank(role) from app.memberships
      where workspace_id = old.workspace_id and user_id = app.claimed_user_id() for share
    ), 0);
    if touched >= app.role_rank('admin') and mine < app.role_rank('owner') then
      raise insufficient_privilege using message = 'needs_owner: only an owner changes admins and owners';
    elsif mine < app.role_rank('admin') then
      raise insufficient_privilege using message = 'needs_admin: only an admin or owner changes members';
    end if;
  end if;
  if old.role = 'owner' and (tg_op = 'DELETE' or new.role <> 'owner') then
    -- Two owners who leave at once take turns, and the second sees what the first did.
    perform pg_advisory_xact_lock(hashtextextended('app.memberships:' || old.workspace_id, 0));
    if not exists (
      select from app.memberships where workspace_id = old.workspace_id and role = 'owner' and id <> old.id
    ) then
      raise restrict_violation using message = 'a workspace keeps at least one owner',
        schema = 'app', table = 'memberships', constraint = 'memberships_last_owner';
    end if;
  end if;
  -- What somebody can no longer grant, their open invitations must not grant either.
  delete from app.invitations where workspace_id = old.workspace_id and created_by = old.user_id and accepted_at is null
    and (tg_op = 'DELETE' or app.role_rank(new.role) < greatest(app.role_rank(role), app.role_rank('admin')));
  return case when tg_op = 'DELETE' then old else new end;
end
$$;

-- guard_invitation: a role at most the inviter's. Policies say so too, from the statement's snapshot; this holds the
-- inviter's membership still until the invitation is committed, so that a demotion at the same moment misses nothing.
create function app.guard_invitation() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  mine integer;
begin
  if not row_security_active('app.memberships') then
    return new;
  elsif app.current_member_id() is null then
    -- Verified before anything is looked for: a search that finds no row asks no policy, so the refusal would tell a forged
    -- identity whether it is a member.
    raise insufficient_privilege using message = 'no identity';
  end if;
  select app.role_rank(role) into mine from app.memberships
  where workspace_id = new.workspace_id and user_id = app.claimed_user_id() for share;
  if mine is null then
    raise insufficient_privilege using message = 'no such workspace';
  elsif mine < greatest(app.role_rank(new.role), app.role_rank('admin')) then
    raise insufficient_privilege using message = case when new.role = 'owner'
      then 'needs_owner: only an owner invites owners' else 'needs_admin: only an admin or owner invites' end;
  end if;
  return new;
end
$$;
