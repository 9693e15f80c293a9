-- Services: accounts that nobody signs in to, each of one workspace. What they are, keys and constraints of memberships say; what
-- they may, their role and the scope of their keys.
-- Every plpgsql function here ends its search_path in pg_temp: otherwise a temporary type named uuid would run its maker's
-- code with the function owner's rights.

-- my_holders: whose keys the caller makes and revokes: their own, and those of service accounts where they are admin or owner, read
-- under the caller's own policies. Nobody's where one workspace is all: a key must not become another.
create function app.my_holders() returns uuid[]
language plpgsql stable parallel restricted set search_path = pg_catalog, pg_temp as $$
begin
  if app.current_user_id() is null then
    return '{}';
  end if;
  return (select array_agg(user_id) from app.memberships
    where service and workspace_id = any ((select app.my_workspaces('admin'))::uuid[])) || app.current_user_id();
end
$$;
grant execute on function app.my_holders() to app_user, app_viewer;

-- create_service_account: somebody new, and their membership, in one statement. Policies of app_owner let it act in the name of a
-- person, in a workspace where they are admin; a membership's own CHECK lets no service account own one.
create function app.create_service_account(workspace uuid, name text, role text) returns uuid
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  made uuid := app.uuidv7();
begin
  if not workspace = any (app.my_workspaces()) then
    raise no_data_found using message = 'no such workspace';
  elsif not workspace = any (app.my_workspaces('admin')) then
    raise insufficient_privilege using message = 'needs_admin: only an admin or owner makes service accounts';
  end if;
  insert into app.users (id, name, service) values (made, create_service_account.name, true);
  insert into app.memberships (workspace_id, user_id, role, service) values (workspace, made, create_service_account.role, true);
  return made;
end
$$;
grant execute on function app.create_service_account(workspace uuid, name text, role text) to app_user;

-- end_service: a service account that belongs nowhere is nobody; its keys go with it, and its name leaves what it wrote.
create function app.end_service() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from app.users where id = old.user_id and service;
  return null;
end
$$;
