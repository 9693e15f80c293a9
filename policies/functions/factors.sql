-- Factors: a second one is asked for once it is confirmed; a code is good once, and a recovery code too.

-- factor: the sealed secret of whom the transaction is about, for the API to judge a code by.
create function auth.factor() returns table (user_id uuid, secret bytea, confirmed boolean, last_step integer)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select f.user_id, f.secret, f.confirmed, f.last_step from auth.factors f
  where f.user_id = auth.current_person() and f.kind = 'totp';
$$;
grant execute on function auth.factor() to app_auth;

-- use_factor: a code that the API found right for this step, later than any before, or a recovery code by its hash. The
-- secret is sealed anew, so that its key can follow another.
create function auth.use_factor(step integer, sealed bytea, recovery bytea) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  update auth.factors set last_step = step, secret = sealed
  where user_id = auth.current_person() and kind = 'totp' and last_step < step;
  if found then
    return true;
  end if;
  delete from auth.factors where user_id = auth.current_person() and kind = 'recovery' and secret = recovery;
  return found;
end
$$;

-- sign_in_with_code: auth.sign_in for who has a second factor.
create function auth.sign_in_with_code(password_hash text, token_hash bytea, device text, place bytea, network bytea, step integer, sealed bytea, recovery bytea)
returns table (session_id uuid, user_id uuid)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not auth.use_factor(step, sealed, recovery) then
    return;
  end if;
  return query select * from auth.begin_session(password_hash, token_hash, device);
  if found then
    perform auth.passed(place, network);
  end if;
end
$$;
grant execute on function auth.sign_in_with_code(password_hash text, token_hash bytea, device text, place bytea, network bytea, step integer, sealed bytea, recovery bytea) to app_auth;

-- enrol: a secret of the person's who knows the password and has none that is confirmed.
create function auth.enrol(password_hash text, sealed bytea) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from auth.factors f where f.user_id = app.current_user_id() and f.kind = 'totp' and not f.confirmed;
  insert into auth.factors (user_id, secret, kind)
  select c.user_id, enrol.sealed, 'totp' from auth.credentials c
  where c.user_id = app.current_user_id() and c.password_hash = enrol.password_hash
    and not exists (select from auth.factors f where f.user_id = app.current_user_id());
  return found;
end
$$;
grant execute on function auth.enrol(password_hash text, sealed bytea) to app_auth;

-- confirm_factor: by a first code; from now on it is asked for. The hashes are of recovery codes.
create function auth.confirm_factor(step integer, hashes bytea[]) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  update auth.factors set confirmed = true, last_step = step
  where user_id = app.current_user_id() and kind = 'totp' and not confirmed;
  if found then
    insert into auth.factors (user_id, secret, kind) select app.current_user_id(), hash, 'recovery' from unnest(hashes) hash;
    return true;
  end if;
  return false;
end
$$;
grant execute on function auth.confirm_factor(step integer, hashes bytea[]) to app_auth;

-- drop_factor: given up by who knows the password and has a code.
create function auth.drop_factor(password_hash text, step integer, sealed bytea, recovery bytea) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if exists (
      select from auth.credentials c where c.user_id = app.current_user_id() and c.password_hash = drop_factor.password_hash
    ) and auth.use_factor(step, sealed, recovery) then
    delete from auth.factors f where f.user_id = app.current_user_id();
    return true;
  end if;
  return false;
end
$$;
grant execute on function auth.drop_factor(password_hash text, step integer, sealed bytea, recovery bytea) to app_auth;
