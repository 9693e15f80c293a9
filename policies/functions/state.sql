-- State: what the API asks a database before it serves.

-- state: what the API compares with its own code before it serves.
create function audit.state() returns table (head text, serves text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select version_num, (select serves from audit.release) from audit.alembic_version;
$$;
grant execute on function audit.state() to app_api, app_auth, app_auditor;
