-- Seal: an identity counts only if the API bound it. Lives in a schema of its own, owned by app_seal, which nobody becomes.

-- verified: a setting's value, where the seal beside it is right: made by a holder of a key, for this role, this setting and
-- this value, for the scope that narrows it, for this backend (or for 0, any, behind a pooler), at most 30 seconds from the
-- transaction's start. Null where the setting is not set: no identity, no rows. A database without keys takes the value as
-- it stands, but for app_viewer.
-- Texts are compared with texts, since a cast of what somebody typed would fail in ways of its own; a seal that is missing
-- makes all of it null, which is not true. Hashing both sides once more keeps the time of a comparison from telling a byte.
create function seal.verified(setting text) returns text
language plpgsql stable parallel restricted security definer set search_path = pg_catalog, pg_temp as $$
declare
  key seal.keys;
  value text := nullif(current_setting(setting, true), '');
  given text := current_setting('app.current_user_seal', true);
  made text := split_part(given, '.', 1);
  backend text := split_part(given, '.', 2);
  scope text := nullif(current_setting('app.current_scope', true), '');
  -- All that a seal covers, as db/seal.py lists it too: one free text stands last, the other first, behind its length.
  message bytea := convert_to(coalesce(length(scope) || '|' || scope || '|', '')
    || current_setting('role') || '|' || setting || '|' || made || '.' || backend || '|' || value, 'UTF8');
  started bigint := extract(epoch from now());
begin
  for key in select * from seal.keys loop
    if backend in ('0', pg_backend_pid()::text)
      and made collate "C" between (started - 30)::text and (started + 30)::text
      and sha256(convert_to(given, 'UTF8')) = sha256(convert_to(made || '.' || backend || '.'
        || encode(sha256(key.outer_pad || sha256(key.inner_pad || message)), 'hex'), 'UTF8'))
    then
      return value;
    end if;
  end loop;
  if value is null then
    return null;
  elsif current_setting('role') = 'app_viewer' then
    -- With and without keys: a DBA is somebody for as long as a look is live, and never by the setting alone.
    if setting = 'app.current_user_id' and audit.looking(value) then
      return value;
    end if;
    raise invalid_authorization_specification using message = 'no look at this person is live', hint = 'call audit.become(…)';
  elsif not found then
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
  made text := extract(epoch from now())::bigint || '.' || pg_backend_pid();
  key seal.keys;
begin
  select * into key from seal.keys order by made_at desc limit 1;
  return made || '.' || encode(sha256(key.outer_pad || sha256(key.inner_pad
    || convert_to(current_setting('role') || '|' || setting || '|' || made || '|' || value, 'UTF8'))), 'hex');
end
$$;
grant execute on function seal.sealed(setting text, value text) to app_inspector;
