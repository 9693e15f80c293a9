-- Keys: what acts for a person without them. Functions of app_owner see the key that their transaction is bound to, and no other.
-- Every plpgsql function here ends its search_path in pg_temp: otherwise a temporary type named uuid would run its maker's
-- code with the function owner's rights.

-- current_key: the key that a transaction of app_auth is bound to.
create function auth.current_key() returns uuid language sql stable parallel restricted
return seal.verified('auth.key')::uuid;

-- use_key: whose key it is, and what narrows it: as app.current_scope has it, `read:`, `read:<workspace>` or `write:<workspace>`.
create function auth.use_key(secret_hash bytea) returns table (user_id uuid, scope text, expires_at timestamp with time zone)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select k.owner_id, case
      when k.read_only then 'read:' || coalesce(k.only_workspace_id::text, '') else coalesce('write:' || k.only_workspace_id, '')
    end, k.expires_at
  from app.keys k
  where k.id = auth.current_key() and k.secret_hash = use_key.secret_hash
    and k.disabled_at is null and k.expires_at > now();
$$;
grant execute on function auth.use_key(secret_hash bytea) to app_auth;

-- try_key: auth.use_key; where there is none, seconds that the network has to wait before it is told so again. A key that is right
-- waits for nobody.
create function auth.try_key(secret_hash bytea, network bytea, free integer, first integer, most integer)
returns table (user_id uuid, scope text, expires_at timestamp with time zone, wait integer)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query select k.*, 0 from auth.use_key(secret_hash) k;
  if not found then
    wait := auth.network_attempt(network, free, first, most);
    return next;
  end if;
end
$$;
grant execute on function auth.try_key(secret_hash bytea, network bytea, free integer, first integer, most integer) to app_auth;

-- key_used: that it was used in this minute.
create function auth.key_used() returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  update app.keys k set used_at = date_trunc('minute', now()) where k.id = auth.current_key();
$$;
grant execute on function auth.key_used() to app_auth;

-- revoke_key: whatever ends a key, by a cascade too, tells the API to look it up again; the later end counts.
create function app.revoke_key() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' or new.disabled_at is distinct from old.disabled_at then
    insert into auth.revocations (session_id) values (old.id)
    on conflict (session_id) do update set created_at = clock_timestamp();
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;

-- set_keys_disabled: those of whom the transaction is about; for app_owner alone.
create function auth.set_keys_disabled(disabled boolean) returns void
language sql volatile set search_path = pg_catalog, pg_temp as $$
  update app.keys k set disabled_at = case when disabled then now() end where k.owner_id = auth.current_person();
$$;
