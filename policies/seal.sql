-- Seal: an identity counts only if the API bound it. Lives in a schema of its own, owned by app_seal, which nobody becomes.

-- code: what the seal of an identity must be, in one step of 20 seconds and on one backend: HMAC-SHA256 (RFC 2104) over all that it
-- covers, as db/seal.py makes it. No two read alike: one free text stands last, the other first, behind its length, and concat_ws
-- leaves out what is null. In base64, since 44 letters are one block to whoever hashes them, and 64 are two.
create function seal.code(inside bytea, outside bytea, setting text, value text, scope text, step bigint, backend integer)
returns text language sql stable
return encode(sha256(outside || sha256(inside || convert_to(
  concat_ws('|', length(scope), scope, current_setting('role'), setting, step, backend, value), 'UTF8'))), 'base64');

-- sealed_before: whether the seal is one as APIs of the release before make it, `<second>.<backend>.<code>`, and good; dropped once
-- none of them runs.
create function seal.sealed_before(setting text, value text, scope text) returns boolean language sql stable
return exists (
  select from seal.keys
  cross join regexp_match(current_setting('app.current_user_seal', true), '^(\d{10})\.(\d{1,10})\.([0-9a-f]{64})$') part
  where abs(part[1]::bigint - extract(epoch from now())) <= 30 and part[2] in ('0', pg_backend_pid()::text)
    and sha256(convert_to(part[3], 'UTF8')) = sha256(convert_to(encode(sha256(outer_pad || sha256(inner_pad
      || convert_to(concat_ws('|', length(scope), scope, current_setting('role'), setting, part[1] || '.' || part[2], value),
      'UTF8'))), 'hex'), 'UTF8'))
);

-- verified: a setting's value, where the seal beside it is right: made by a holder of a key, for this role, this setting and this
-- value, for the scope that narrows it, for this backend (or for 0, any, behind a pooler), and in the step of the transaction's
-- start or the one before or after: a minute in all. Null where the setting is not set: no identity, no rows. A database without
-- keys takes the value as it stands, but for app_viewer.
-- A seal that is missing makes a comparison null, which is not true. Hashing both sides once more keeps the time of it from telling
-- a letter. What is nearly always so is asked first and in few words: an expression is set up anew in each transaction, which costs
-- about half a microsecond for each function in it. No condition with `inside` may hold a query: that would be planned with the
-- key in it, and debug_print_plan shows whoever asks their plans.
create function seal.verified(setting text) returns text
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
declare
  value text := nullif(current_setting(setting, true), '');
  scope text := nullif(current_setting('app.current_scope', true), '');
  given bytea := sha256(convert_to(current_setting('app.current_user_seal', true), 'UTF8'));
  step bigint := extract(epoch from now())::bigint / 20;
  inside bytea;
  outside bytea;
begin
  select inner_pad, outer_pad into inside, outside from seal.keys limit 1;
  if given = sha256(convert_to(seal.code(inside, outside, setting, value, scope, step, pg_backend_pid()), 'UTF8')) then
    return value;
  elsif given = sha256(convert_to(seal.code(inside, outside, setting, value, scope, step, 0), 'UTF8')) then
    return value;
  elsif value is null then
    return null;
  elsif current_setting('role') = 'app_viewer' then
    -- With and without keys: a DBA is somebody for as long as a look is live, and never by the setting alone.
    if setting = 'app.current_user_id' and audit.looking(value) then
      return value;
    end if;
    raise invalid_authorization_specification using message = 'no look at this person is live', hint = 'call audit.become(…)';
  elsif not found then
    return value;
  elsif exists (
    -- Another key, while one follows the other, and clocks that are not quite the same.
    select from seal.keys, generate_series(step - 1, step + 1) near, unnest(array[pg_backend_pid(), 0]) backend
    where given = sha256(convert_to(seal.code(inner_pad, outer_pad, setting, value, scope, near, backend), 'UTF8'))
  ) or seal.sealed_before(setting, value, scope) then
    return value;
  elsif exists (select from pg_roles where rolname = session_user and rolsuper)
    or exists (select from seal.exempt where role = session_user)
  then
    return value;
  end if;
  raise invalid_authorization_specification using message = 'this identity is not sealed by the API, or no longer';
end
$$;
grant execute on function seal.verified(setting text) to app_user, app_guest, app_trash, app_viewer, app_auth, app_owner;

-- sealed: a seal as the API would make it now, on this connection; null without a key. For audit.explain, which asks what a person
-- may: its functions put settings back before they answer, and a seal is good for the role in which they were called, which is
-- granted no row.
create function seal.sealed(setting text, value text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
  key seal.keys;
begin
  select * into key from seal.keys order by made_at desc limit 1;
  return seal.code(
    key.inner_pad, key.outer_pad, setting, value, null, extract(epoch from now())::bigint / 20, pg_backend_pid());
end
$$;
grant execute on function seal.sealed(setting text, value text) to app_inspector;
