-- Sessions: started by a password, renewed by a token that is good once, ended by the person or by a token used twice.

-- current_session: the session that a transaction of app_auth is bound to.
create function auth.current_session() returns uuid language sql stable parallel restricted
return seal.verified('auth.session')::uuid;

-- current_person: whom a transaction of app_auth is about: who is signed in, whose address it is bound to, or who was mailed.
create function auth.current_person() returns uuid
language sql stable parallel restricted set search_path = pg_catalog, pg_temp as $$
  select coalesce(app.current_user_id(),
    (select user_id from auth.credentials where email = auth.current_email()),
    (select user_id from auth.subjects where issuer = auth.current_issuer() and subject = auth.current_subject()),
    auth.mailed());
$$;
grant execute on function auth.current_person() to app_auth;

-- begin_session: for the password that was found right, unless it was changed or its account disabled since, or the address is not
-- verified. Called by functions that ask for what else is needed.
create function auth.begin_session(password_hash text, token_hash bytea, device text) returns table (session_id uuid, user_id uuid)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
  select c.user_id into begin_session.user_id from auth.credentials c
  where c.email = auth.current_email()
    and c.password_hash = begin_session.password_hash and c.disabled_at is null and not c.unverified;
  if not found then
    return;
  end if;
  begin_session.session_id := app.uuidv7();
  insert into app.sessions (id, owner_id, device)
  values (begin_session.session_id, begin_session.user_id, begin_session.device);
  insert into auth.refresh_tokens (owner_id, session_id, token_hash)
  values (begin_session.user_id, begin_session.session_id, begin_session.token_hash);
  return next;
end
$$;
-- start_session: auth.begin_session for who has no second factor.
create function auth.start_session(password_hash text, token_hash bytea, device text) returns table (session_id uuid, user_id uuid)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from auth.factors f where f.user_id = auth.current_person() and f.confirmed) then
    return query select * from auth.begin_session(password_hash, token_hash, device);
  end if;
end
$$;
grant execute on function auth.start_session(password_hash text, token_hash bytea, device text) to app_auth;

-- refresh: whose session it is, once for each token. A token that was used comes from a client that tries again, and gets
-- the same successor, or, seconds later, from somebody with a copy: then nobody keeps the session.
create function auth.refresh(token_hash bytea, successor bytea) returns table (user_id uuid)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine app.sessions;
  token auth.refresh_tokens;
begin
  -- Held until the end: of two that come at once, the second sees what the first did.
  select * into mine from app.sessions where id = auth.current_session() and expires_at > now() for update;
  select * into token from auth.refresh_tokens t where t.session_id = mine.id and t.token_hash = refresh.token_hash;
  if token.session_id is null then
    return;
  elsif token.used_at < clock_timestamp() - interval '10 seconds' then
    delete from app.sessions where id = mine.id;
    return;
  end if;
  update auth.refresh_tokens t set used_at = coalesce(t.used_at, clock_timestamp())
  where t.session_id = mine.id and t.token_hash = refresh.token_hash;
  insert into auth.refresh_tokens (owner_id, session_id, token_hash) values (mine.owner_id, mine.id, refresh.successor)
  on conflict do nothing;
  delete from auth.refresh_tokens where session_id = mine.id and used_at < now() - interval '7 days';
  update app.sessions set used_at = now(), expires_at = least(now() + interval '30 days', created_at + interval '180 days')
  where id = mine.id;
  return query select mine.owner_id;
end
$$;
grant execute on function auth.refresh(token_hash bytea, successor bytea) to app_auth;

-- end_session: signing out with a token of the session, used or not.
create function auth.end_session(token_hash bytea) returns void
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  delete from app.sessions s using auth.refresh_tokens t
  where s.id = auth.current_session() and t.session_id = s.id and t.token_hash = end_session.token_hash;
$$;
grant execute on function auth.end_session(token_hash bytea) to app_auth;

-- revoke_session: whatever ends a session, by a cascade too, tells the API to refuse its access tokens.
create function app.revoke_session() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into auth.revocations (session_id) values (old.id) on conflict do nothing;
  delete from auth.revocations where created_at < now() - interval '2 days';
  return old;
end
$$;

-- ended_sessions: whose access tokens are not good any more, of those that may still be held. An id of a session opens nothing.
create function auth.ended_sessions(lifetime interval) returns setof uuid
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select session_id from auth.revocations where created_at > now() - ended_sessions.lifetime;
$$;
grant execute on function auth.ended_sessions(lifetime interval) to app_auth;

-- set_disabled: a person who is disabled starts and renews no session, and keeps none; for app_owner alone, bound to an address.
create function auth.set_disabled(disabled boolean) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  update auth.credentials set disabled_at = case when disabled then now() end, updated_at = now()
  where email = auth.current_email();
  perform auth.set_keys_disabled(disabled);
  if disabled then
    delete from app.sessions where owner_id = auth.current_person();
  end if;
  return exists (select from auth.credentials where email = auth.current_email());
end
$$;
