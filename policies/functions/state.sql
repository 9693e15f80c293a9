-- State: what the API asks a database before it serves, and again and again while it does.

-- facts: everything that decides what a request reaches, but for the predicates of tables to skip.
create function audit.facts(skip oid[] default '{}') returns setof text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
begin
  return query
  select audit.facts_of_tables(skip) union select audit.facts_of_functions()
  union select audit.facts_of_roles() union select audit.facts_of_grants();
end
$$;

-- record: what has changed since `before` is as it should be from now on, for this reason (a revision, or a person's words).
-- What differed already before goes on to differ: a migration accepts nothing that somebody did by hand. Without `before`
-- everything is accepted as it is.
create function audit.record(reason text, before text[] default null) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  found_now text[] := array(select audit.facts());
  expected text[] := array(select line from audit.expected where until is null);
begin
  before := coalesce(before, expected);
  if exists (
      select unnest(before) except select unnest(expected) union all (select unnest(expected) except select unnest(before))
    ) and exists (
      select from (select unnest(before) except select unnest(found_now)) gone (line) where line like 'function audit.facts%'
    ) then
    raise exception 'this changes how differences are found, and there are some already: mend or record those first'
      using hint = 'select unnest(differences) from audit.state()';
  end if;
  update audit.expected set until = reason, until_at = now()
  where until is null and line in (select unnest(before) except select unnest(found_now));
  insert into audit.expected (line, since)
  select line, reason from (
    select unnest(found_now) except select unnest(before) except select unnest(expected)
  ) added (line);
end
$$;

-- state: the revision, the oldest code that it serves, and what isolation stands on: as one hash, and where it is not what
-- was recorded. A privilege that somebody revoked from everybody is no weakening. Nobody reads a table that another session
-- holds in ACCESS EXCLUSIVE mode, as migrations do: its predicates are compared when it is free again, and there is no hash.
create function audit.state() returns table (head text, serves text, fingerprint text, differences text[])
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set lock_timeout = '1s' as $$
declare
  held oid[] := array(
    select relation from pg_locks l join pg_database d on d.oid = l.database and datname = current_database()
    where mode = 'AccessExclusiveLock' and granted and locktype = 'relation' and pid <> pg_backend_pid()
  );
  found_now text[] := array(select line from audit.facts(held) line order by line collate "C");
  expected text[] := array(
    select line from audit.expected where until is null and not exists (
      select from unnest(held) each_held, lateral (select each_held::regclass::text) t (name)
      where starts_with(line, format('column %s.', t.name)) or starts_with(line, format('trigger on %s: ', t.name))
        or line like 'policy %' and strpos(line, format(' on %s as ', t.name)) > 0
    )
  );
begin
  return query
  select version_num::text, (select r.serves from audit.release r),
    case when held = '{}' then encode(sha256(convert_to(array_to_string(found_now, E'\n'), 'UTF8')), 'hex') end,
    case when expected = '{}' then array['nothing was recorded to compare with'] else array(
      select 'gone: ' || line from (select unnest(expected) except select unnest(found_now)) gone (line)
      union all
      select 'new: ' || line from (select unnest(found_now) except select unnest(expected)) added (line)
      where line not like 'revoke %'
      order by 1
    ) end
  from audit.alembic_version;
end
$$;
grant execute on function audit.state() to app_api, app_auth, app_auditor;

-- changes: what a revision, or a person who recorded something by hand, changed in what isolation stands on; without a name
-- the newest revision.
create function audit.changes(revision text default null) returns table (by text, at timestamptz, change text, line text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with wanted (name) as (select coalesce(changes.revision, (select version_num from audit.alembic_version)))
  select since, since_at, 'new', e.line from audit.expected e, wanted where since = name
  union all
  select until, until_at, 'gone', e.line from audit.expected e, wanted where until = name
  order by 2, 4
$$;
grant execute on function audit.changes(revision text) to app_auditor;
