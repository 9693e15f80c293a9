-- Subjects: people whom a provider signs in. The API has verified the token; what is here decides whose it is.
-- Every plpgsql function here ends its search_path in pg_temp: otherwise a temporary type named uuid would run its maker's
-- code with the function owner's rights.

-- current_issuer: the provider of the subject that a transaction is bound to; the setting is `<issuer> <subject>`, and an
-- issuer has no space.
create function auth.current_issuer() returns text language sql stable parallel restricted
return split_part(seal.verified('auth.subject'), ' ', 1);

-- current_subject: who that is there.
create function auth.current_subject() returns text
language sql stable parallel restricted set search_path = pg_catalog, pg_temp as $$
  select substr(bound, strpos(bound, ' ') + 1) from (select seal.verified('auth.subject')) s (bound);
$$;

-- arrive: whose token it is, and when the subject was last ended, since tokens from before that are not good. One that was
-- never seen becomes a person of their own, by this alone: an address that a provider names proves nothing here. Nobody
-- comes back with a token from before their end, and nobody who is disabled.
create function auth.arrive(name text, issued timestamp with time zone) returns table (id uuid, user_id uuid, ended_at timestamptz)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  bound text := seal.verified('auth.subject');
  named uuid := left(encode(sha256(convert_to(bound, 'UTF8')), 'hex'), 32)::uuid;
  ended timestamptz := (select created_at from auth.revocations where session_id = named);
begin
  if bound is null or ended >= issued then
    return;
  end if;
  -- Two first requests at once: one makes the person, the other finds it.
  with arriving as (
    insert into auth.subjects (id, issuer, subject) values (named, auth.current_issuer(), auth.current_subject())
    on conflict do nothing returning user_id
  )
  insert into app.users (id, name) select user_id, arrive.name from arriving;
  return query select s.id, s.user_id, ended from auth.subjects s where s.id = named and s.disabled_at is null;
end
$$;
grant execute on function auth.arrive(name text, issued timestamp with time zone) to app_auth;

-- revoke_subject: whatever ends a subject, by a cascade too, tells the API to look it up again; the later end counts.
create function app.revoke_subject() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if tg_op = 'DELETE' or new.disabled_at is not null then
    insert into auth.revocations (session_id) values (old.id)
    on conflict (session_id) do update set created_at = clock_timestamp();
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;

-- set_subject_disabled: for app_owner alone, bound to a subject.
create function auth.set_subject_disabled(disabled boolean) returns boolean
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
begin
  update auth.subjects set disabled_at = case when disabled then now() end
  where issuer = auth.current_issuer() and subject = auth.current_subject();
  if not found then
    return false;
  end if;
  perform auth.set_keys_disabled(disabled);
  return true;
end
$$;
