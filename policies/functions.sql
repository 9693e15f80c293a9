-- Functions: what a person belongs to, what the database keeps, and the few steps that need more than one statement.
-- Every plpgsql function ends its search_path in pg_temp: otherwise a temporary type named uuid would run its
-- maker's code with the function owner's rights.

-- my_workspaces: where the caller holds this role or a higher one. It reads memberships as app_owner, whose own policy there
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
  ), '{}');
end
$$;
grant execute on function app.my_workspaces(minimum text) to app_user, app_trash, app_viewer;

-- my_people: the caller and those who share a workspace with them, read under the caller's own policies.
create function app.my_people() returns uuid[]
language plpgsql stable parallel restricted set search_path = pg_catalog, pg_temp as $$
begin
  return (select array_agg(distinct user_id) from app.memberships) || app.current_user_id();
end
$$;
grant execute on function app.my_people() to app_user, app_viewer;

-- touch: the database keeps who changed a row, when, and how often.
create function app.touch() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  -- "on delete set null" takes an erased person's name off a row; that is no change by anybody.
  if (old.created_by is not null and new.created_by is null) or (old.updated_by is not null and new.updated_by is null) then
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

-- guard_membership: who may change whose role. Policies see old or new row, never both, so the comparison lives here;
-- it runs with the caller's rights and names the role that was missing.
create function app.guard_membership() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  mine integer;
  demotes boolean := tg_op = 'DELETE' or new.role is distinct from old.role;
  touched integer := greatest(app.role_rank(old.role), case when tg_op = 'UPDATE' then app.role_rank(new.role) end);
begin
  -- Cascades from an erased person run as the owner, work by hand past row security. A statement can drop its identity
  -- after policies have read it, so none is no way through.
  if current_user = 'app_owner' or not row_security_active('app.memberships') then
    return case when tg_op = 'DELETE' then old else new end;
  elsif app.current_user_id() is null then
    raise insufficient_privilege using message = 'no identity';
  end if;
  if not (tg_op = 'DELETE' and old.user_id = app.claimed_user_id()) then
    -- Held until the end, so that nobody acts on a role that is being taken away.
    select app.role_rank(role) into mine from app.memberships
    where workspace_id = old.workspace_id and user_id = app.claimed_user_id() for share;
    if touched >= app.role_rank('admin') and mine is distinct from app.role_rank('owner') then
      raise insufficient_privilege using message = 'needs_owner: only an owner changes admins and owners';
    elsif coalesce(mine, 0) < app.role_rank('admin') then
      raise insufficient_privilege using message = 'needs_admin: only an admin or owner changes members';
    end if;
  end if;
  if old.role = 'owner' and demotes then
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
  if demotes then
    delete from app.invitations where workspace_id = old.workspace_id and created_by = old.user_id and accepted_at is null
      and (tg_op = 'DELETE' or app.role_rank(new.role) < greatest(app.role_rank(role), app.role_rank('admin')));
  end if;
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

-- create_workspace: a workspace and its first owner, in one statement. As two, the new row would not yet be visible to
-- the caller that asks for it back. app_owner's policies let it make both for the caller only.
create function app.create_workspace(name text) returns setof app.workspaces
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  new_id uuid := app.uuidv7();
begin
  insert into app.workspaces (id, name) values (new_id, create_workspace.name);
  insert into app.memberships (workspace_id, user_id, role) values (new_id, app.claimed_user_id(), 'owner');
  return query select * from app.workspaces where id = new_id;
end
$$;
grant execute on function app.create_workspace(name text) to app_user;

-- accept_invitation: the only way to become a member. The token proves that somebody with the right to invite handed
-- it over; only its hash is stored, and a wrong, used or expired one is exactly like none.
create function app.accept_invitation(invitation uuid, secret text) returns setof app.memberships
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  open app.invitations;
  new_id uuid := app.uuidv7();
begin
  update app.invitations set accepted_at = now(), accepted_by = app.claimed_user_id()
  where id = invitation and token_hash = sha256(convert_to(secret, 'UTF8'))
    and accepted_at is null and expires_at > clock_timestamp() and created_by is not null
  returning * into open;
  if found then
    insert into app.memberships (id, workspace_id, user_id, role)
    values (new_id, open.workspace_id, app.claimed_user_id(), open.role);
    if exists (select from app.workspaces where id = open.workspace_id and deleted_at is null) then
      return query select * from app.memberships where id = new_id;
      return;
    end if;
  end if;
  raise no_data_found using message = 'no such invitation';
end
$$;
grant execute on function app.accept_invitation(invitation uuid, secret text) to app_user;

-- sign_up: a person and their credentials in one statement. For an address that is known it changes nothing but writes
-- as much, so that neither the answer nor the work tells.
create function auth.sign_up(password_hash text, name text) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  with credential as (
    insert into auth.credentials (email, password_hash)
    values (nullif(current_setting('auth.email', true), ''), sign_up.password_hash)
    on conflict (email) do update set updated_at = now()
    returning user_id, xmax = 0 as fresh
  )
  insert into app.users (id, name) select user_id, sign_up.name from credential where fresh;
$$;
grant execute on function auth.sign_up(password_hash text, name text) to app_auth;

-- state: what the API compares with its own code before it serves.
create function audit.state() returns table (head text, serves text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select version_num, (select serves from audit.release) from audit.alembic_version;
$$;
grant execute on function audit.state() to app_api, app_auth, app_auditor;
