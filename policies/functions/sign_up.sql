-- Sign-up: the one way in which credentials are written.

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
