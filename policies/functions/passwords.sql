-- Passwords: changed by who knows the one before, and hashed anew where the cost of a hash has changed.

-- change_password: the person's own, unless somebody changed it meanwhile; every session but the one that asks ends.
create function auth.change_password(password_hash text, renewed text, kept uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  update auth.credentials c set password_hash = renewed, updated_at = now()
  where c.user_id = app.current_user_id() and c.password_hash = change_password.password_hash;
  if not found then
    return false;
  end if;
  delete from app.sessions where owner_id = app.current_user_id() and id <> kept;
  return true;
end
$$;
grant execute on function auth.change_password(password_hash text, renewed text, kept uuid) to app_auth;

-- rehash: the same password at another cost, of the address that the transaction is bound to.
create function auth.rehash(password_hash text, renewed text) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  update auth.credentials c set password_hash = renewed
  where c.email = auth.current_email() and c.password_hash = rehash.password_hash;
$$;
grant execute on function auth.rehash(password_hash text, renewed text) to app_auth;
