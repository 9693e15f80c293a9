-- Steps: the few things that need more than one statement, each as the owner and for the caller alone.
-- Every plpgsql function here ends its search_path in pg_temp: otherwise a temporary type named uuid would run its maker's
-- code with the function owner's rights.

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
