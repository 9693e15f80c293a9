-- Attempts: whoever guesses waits longer and longer; a stranger's guesses never keep the right password from a fresh network out.

-- current_account: what a transaction of app_auth guesses at, hashed: an address, known or not, or who is signed in.
create function auth.current_account() returns bytea language sql stable parallel restricted
return sha256(convert_to(coalesce('person ' || app.current_user_id(), 'address ' || auth.current_email()), 'UTF8'));
grant execute on function auth.current_account() to app_auth;

-- wait_of: seconds until a count may grow again; doubled with each guess beyond the free ones.
create function auth.wait_of(counted auth.attempts, free integer, first integer, most integer) returns integer
language sql stable parallel safe
return case when counted.failures >= free then greatest(0, ceil(extract(epoch from
  counted.last_at + make_interval(secs => least(most, first * 2 ^ least(counted.failures - free, 20))) - clock_timestamp())))::integer
  else 0 end;

-- tally: one more in a count, and away with more old ones than came.
create function auth.tally(counted bytea, whose bytea, most integer) returns void
language sql volatile set search_path = pg_catalog, pg_temp as $$
  insert into auth.attempts as old (bucket, account, expires_at)
  values (counted, whose, now() + make_interval(secs => most) + interval '1 hour')
  on conflict (bucket) do update set last_at = excluded.last_at, expires_at = excluded.expires_at,
    failures = case when old.expires_at > now() then old.failures else 0 end + 1;
  delete from auth.attempts where bucket in (
    select bucket from auth.attempts where expires_at < now() order by expires_at limit 3 for update skip locked);
$$;

-- network_attempt: seconds that a network has to wait; or none, and what it does is counted. Of several at once each may pass: it
-- bounds a load, and no guess is judged by it.
create function auth.network_attempt(network bytea, free integer, first integer, most integer) returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  counted auth.attempts;
  wait integer;
begin
  select * into counted from auth.attempts where bucket = network and expires_at > now();
  wait := auth.wait_of(counted, free, first, most);
  if wait = 0 then
    perform auth.tally(network, null, most);
  end if;
  return wait;
end
$$;
grant execute on function auth.network_attempt(network bytea, free integer, first integer, most integer) to app_auth;

-- attempt: counts a guess before it is judged, or says how long to wait; then nothing is counted, and no hash is handed out.
-- place is a hash of where it comes from. network is one of a wider place, for guesses at many accounts; a device that signed in
-- before has none, and a place of its own. Guesses from anywhere at one account leave each place one free guess.
create function auth.attempt(place bytea, network bytea, free integer, network_free integer, first integer, most integer)
returns table (wait integer, user_id uuid, password_hash text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
  mine bytea := auth.current_account();
  here bytea := sha256(mine || place);
  counted auth.attempts;
begin
  -- Of guesses that come at once from one place, each sees those before it.
  perform pg_advisory_xact_lock(hashtextextended(encode(coalesce(network, place), 'hex'), 0));
  select * into counted from auth.attempts where bucket = mine;
  if network is not null and counted.failures >= 4 * free then
    free := 1;
  end if;
  select * into counted from auth.attempts where bucket = here and expires_at > now();
  wait := auth.wait_of(counted, free, first, most);
  select * into counted from auth.attempts where bucket = network and expires_at > now();
  wait := greatest(wait, auth.wait_of(counted, network_free, first, most));
  if wait > 0 then
    return next;
    return;
  end if;
  -- In this order, in which no two wait for each other: what several networks share comes last.
  perform auth.tally(here, mine, most);
  if network is not null then
    perform auth.tally(network, null, most);
    perform auth.tally(mine, mine, most);
  end if;
  return query select 0, c.user_id, c.password_hash from (select) one
  left join auth.credentials c on true;
end
$$;
grant execute on function auth.attempt(place bytea, network bytea, free integer, network_free integer, first integer, most integer) to app_auth;

-- passed: what was right was no guess. Locked in the order of auth.attempt.
create function auth.passed(place bytea, network bytea) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from auth.attempts where bucket = sha256(auth.current_account() || place);
  update auth.attempts set failures = failures - 1 where bucket = network;
  if network is not null then
    update auth.attempts set failures = failures - 1 where bucket = auth.current_account();
  end if;
end
$$;
grant execute on function auth.passed(place bytea, network bytea) to app_auth;

-- sign_in: a session for the password that was found right, which forgets the guesses from there.
create function auth.sign_in(password_hash text, token_hash bytea, device text, place bytea, network bytea)
returns table (session_id uuid, user_id uuid)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  return query select * from auth.start_session(password_hash, token_hash, device);
  if found then
    perform auth.passed(place, network);
  end if;
end
$$;
grant execute on function auth.sign_in(password_hash text, token_hash bytea, device text, place bytea, network bytea) to app_auth;
