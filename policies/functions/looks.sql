-- Looks: a DBA sees what a person sees, for a while, and for a reason that the person can read.

-- look: writes down that the login looks at a person; audit.become asks for it. It opens nothing before it is committed.
create function audit.look(person uuid, reason text, minutes integer) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
  if minutes is null or minutes not between 1 and 60 then
    raise invalid_parameter_value using message = 'a look lasts from 1 to 60 minutes';
  elsif coalesce(btrim(reason, E' \t\r\n'), '') = '' then
    raise invalid_parameter_value using message = 'say why: the person can read it';
  elsif not exists (select from app.users where id = person) then
    raise no_data_found using message = 'there is no such person';
  end if;
  insert into app.looks (who, whom, why, until)
  values (session_user, person, btrim(reason, E' \t\r\n'), now() + make_interval(mins => minutes));
end
$$;
grant execute on function audit.look(person uuid, reason text, minutes integer) to app_auditor;

-- looking: whether the login looks at this person now, for seal.verified. Of a look that this transaction itself wrote down
-- nothing would be left after a rollback, so it does not count: a transaction that began later sees only what is committed.
create function audit.looking(person text) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  return exists (
    select from app.looks
    where whom = person::uuid and who = session_user and created_at < now() and until > clock_timestamp()
  );
end
$$;
grant execute on function audit.looking(person text) to app_seal;

-- looked: every look, for the view audit.looks.
create function audit.looked() returns table (who text, whom uuid, why text, "when" timestamptz, until timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select who, whom, why, created_at, until from app.looks order by id;
$$;
grant execute on function audit.looked() to app_auditor;

-- append_only: refuses every change of what was written.
create function app.append_only() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise insufficient_privilege using message = format('rows of %I.%I are only added', tg_table_schema, tg_table_name);
end
$$;

-- become: see what a person sees, in this session, until the minutes are over or you say `reset role`. The look is committed
-- before anything is shown, and the person reads it at /v1/me/looks. Not inside begin … commit. It runs with the rights and
-- the search_path of its caller, since Postgres lets no other procedure commit; so every name in it is whole.
create procedure audit.become(person uuid, reason text, minutes integer)
language plpgsql as $$
begin
  perform audit.look(person, reason, minutes);
  commit;
  perform pg_catalog.set_config('app.current_user_id', person::pg_catalog.text, false);
  perform pg_catalog.set_config('role', 'app_viewer', false);
  raise notice 'you see what % sees, for % minutes; "reset role" ends it', person, minutes;
end
$$;
grant execute on procedure audit.become(person uuid, reason text, minutes integer) to app_auditor;
