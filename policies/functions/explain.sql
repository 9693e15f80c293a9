-- Explain: who may do what to one row, and why. Nothing here knows a policy: each answer is what Postgres does when the role of a
-- request tries it, with the person's identity bound and sealed, and each reason is the catalog's own expression, asked of the row.
-- All of it happens in subtransactions that are always rolled back, and identity, locks and triggers' writes with them.
-- These functions run as app_inspector, whom nobody becomes; explain and who_can alone are for app_auditor.

-- attempt: the statement that a role would try on a row, leaving it as it is; null where it holds no grant.
create function audit.attempt(relation regclass, command text, role text) returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select case command
    when 'select' then format('select from %s where id = $1', relation)
    when 'update' then format('update %s set (%s) = row(%s) where id = $1', relation, columns, columns)
    when 'insert' then format('insert into %s (%s) values (%s)', relation, columns, given)
    when 'delete' then format('delete from %s where id = $1', relation)
  end
  from (
    select string_agg(quote_ident(attname), ', ' order by attnum) as columns,
      string_agg(format('($1).%I', attname), ', ' order by attnum) as given
    from pg_attribute
    where attrelid = relation and attnum > 0 and not attisdropped
      and case command when 'delete' then has_table_privilege(role, relation, command)
        else has_column_privilege(role, relation, attnum, command) end
  ) granted where columns is not null
$$;

-- bind: the person's identity, until the subtransaction ends; the seal is one that the API would make.
create function audit.bind(person uuid) returns void
language sql volatile set search_path = pg_catalog, pg_temp as $$
  select set_config('app.current_scope', '', true), set_config('app.current_user_id', coalesce(person::text, ''), true),
    set_config('app.current_user_seal', coalesce(seal.sealed('app.current_user_id', person::text), ''), true);
$$;

-- outcome: what came of an attempt: how many rows, or what refused it.
create function audit.outcome(person uuid, relation regclass, id uuid, command text, role text)
returns table (many bigint, refusal text)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  statement text := audit.attempt(relation, command, role);
  runs text := 'audit.as_' || substr(role, 5);
begin
  if statement is null then
    refusal := format('%s holds no %s on %s', role, upper(command), relation);
    return next;
    return;
  end if;
  begin
    perform audit.bind(person);
    if command = 'insert' then
      execute format('select %s($2, t) from %s t where t.id = $1', runs, relation) into many using id, statement;
    else
      execute format('select %s($2, $1)', runs) into many using id, statement;
    end if;
    raise sqlstate 'UNDO0';
  exception
    when sqlstate 'UNDO0' then null;
    when insufficient_privilege or integrity_constraint_violation or no_data_found then
      get stacked diagnostics refusal = message_text;
  end;
  return next;
end
$$;

-- holding: the policies by which a role meets rows that are there, for these commands, and whether each holds for this one.
create function audit.holding(person uuid, relation regclass, id uuid, commands text[], role text)
returns table (policy text, command text, permissive boolean, holds boolean)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  each record;
  met jsonb[];
  many bigint;
begin
  begin
    perform audit.bind(person);
    for each in
      select polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid) as qual, relname
      from pg_policy join pg_class c on c.oid = polrelid
      where polrelid = relation and polroles && array[role::regrole, 0]::oid[] and polcmd::text = any (commands || '*'::text)
        and polqual is not null
      order by polname
    loop
      execute format('select audit.as_%s($2, t) from %s t where t.id = $1', substr(role, 5), relation) into many
      using id, format('select from (select ($1).*) as %I where %s', each.relname, each.qual);
      met := met || jsonb_build_array(each.polname, each.polcmd, each.polpermissive, many > 0);
    end loop;
    raise sqlstate 'UNDO0';
  exception
    when sqlstate 'UNDO0' then null;
  end;
  return query
  select p ->> 0, case p ->> 1 when 'r' then 'select' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
    (p ->> 2)::boolean, (p ->> 3)::boolean
  from unnest(met) p;
end
$$;

-- membership: what the person is in the row's workspace, if it is a workspace's.
create function audit.membership(person uuid, relation regclass, id uuid) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  workspace uuid;
begin
  execute format('select to_jsonb(t) ->> %L from %s t where t.id = $1',
    case relation when 'app.workspaces'::regclass then 'id' else 'workspace_id' end, relation) into workspace using id;
  return case when workspace is not null then coalesce(
    (select 'is ' || role || ' in' from app.memberships where workspace_id = workspace and user_id = person), 'is no member of')
    || case relation when 'app.workspaces'::regclass then ' it' else ' its workspace' end end;
end
$$;

-- verdict: whether a role may, whether it holds the grant at all, and why; briefly, no reason for what is refused.
create function audit.verdict(person uuid, relation regclass, id uuid, command text, role text, briefly boolean)
returns table (allowed boolean, granted boolean, reason text)
language plpgsql volatile set search_path = pg_catalog, pg_temp as $$
declare
  came record;
  who text := coalesce((select u.name from app.users u where u.id = person), person::text, 'somebody who is not signed in');
  met text[] := case command when 'select' then '{r}' when 'insert' then '{a}' when 'update' then '{r,w}' else '{r,d}' end;
begin
  select * into came from audit.outcome(person, relation, id, command, role);
  allowed := came.refusal is null and came.many > 0;
  granted := audit.attempt(relation, command, role) is not null;
  if allowed then
    -- Of a new row it is not asked which of several permissive policies let it in; what restricts, all holds.
    select concat_ws(' and ', who || ' is let by ' || string_agg(polname, ', ' order by polname) filter (where polpermissive),
      'passes ' || string_agg(polname, ', ' order by polname) filter (where not polpermissive)) into reason
    from pg_policy
    where polrelid = relation and polroles && array[role::regrole, 0]::oid[] and polcmd::text = any (met || '*'::text)
      and (polqual is not null or command in ('insert', 'update'))
      and (command = 'insert' or not polpermissive
        or polname = any (array(select policy from audit.holding(person, relation, id, met, role) where holds)));
  elsif not briefly then
    if came.refusal is null then
      with p as materialized (select * from audit.holding(person, relation, id, met, role))
      select who || ' meets no such row: ' || concat_ws(', ', string_agg(policy, ', ') filter (
          where permissive and not exists (select from p h where h.permissive and h.holds and h.command = p.command))
          || ' does not let them',
        string_agg(policy, ', ') filter (where not permissive and not holds) || ' does not hold') into reason
      from p;
    else
      reason := came.refusal;
    end if;
    reason := concat_ws('; ', reason, case when granted then who || ' ' || audit.membership(person, relation, id) end);
  end if;
  reason := format('as %s: %s', role, reason);
  return next;
end
$$;

-- subject: the table, where the row is there to be asked about.
create function audit.subject(relation text, id uuid, command text) returns regclass
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  subject regclass := relation::regclass;
  there boolean;
begin
  if command not in ('select', 'insert', 'update', 'delete') then
    raise invalid_parameter_value using message = 'ask about select, insert, update or delete';
  elsif (select relnamespace <> 'app'::regnamespace from pg_class where oid = subject) then
    raise invalid_parameter_value using message = 'ask about a table of schema app';
  end if;
  execute format('select exists (select from %s where id = $1)', subject) into there using id;
  if not there then
    raise no_data_found using message = format('there is no such row in %s', subject);
  end if;
  return subject;
end
$$;

-- roles_to_ask: those that a request may become, or the one that is named; first the ones that hold the grant.
create function audit.roles_to_ask(relation regclass, command text, role text) returns text[]
language plpgsql stable set search_path = pg_catalog, pg_temp as $$
declare
  roles text[] := array(
    select name from (
      select 'app_' || substr(proname, 4) from pg_proc where pronamespace = 'audit'::regnamespace and starts_with(proname, 'as_')
    ) request (name)
    where role is null or name = role
    order by audit.attempt(relation, command, name) is null, name <> 'app_user', name
  );
begin
  if roles = '{}' then
    raise invalid_parameter_value using message = format('%s is no role that a request becomes', role);
  end if;
  return roles;
end
$$;

-- explain: may this person (null: nobody who is signed in) select, insert, update or delete this row, and why? Without a role,
-- each that a request may become is asked: app_user, app_guest for what others share, app_trash at the bin; the first that may is
-- named. A refusal names the grant, policy, fence, trigger or constraint in Postgres' own words, and what the person is in the
-- row's workspace. An update is one that leaves all that the role may write as it is: what depends on the new values (a higher
-- role, another parent) is not asked. An insert is of a new row like this one: what the role may write is taken from it, and the
-- rest is the database's. Nothing of it stays; but for select it needs a transaction that may write.
create function audit.explain(person uuid, relation text, id uuid, command text, role text default null) returns text
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  subject regclass := audit.subject(relation, id, command);
  each_role text;
  came record;
  answer text;
begin
  foreach each_role in array audit.roles_to_ask(subject, command, role) loop
    select * into came from audit.verdict(person, subject, id, command, each_role, false);
    if came.allowed then
      return 'allowed, ' || came.reason;
    end if;
    answer := case when answer is null then 'refused, ' || came.reason
      when came.granted then answer || '; nor as ' || each_role else answer end;
  end loop;
  return answer;
end
$$;
grant execute on function audit.explain(person uuid, relation text, id uuid, command text, role text) to app_auditor;

-- who_can: everybody who may do this to this row, and why, as audit.explain would say; a null person is who is not signed in. It
-- asks for each person in turn.
create function audit.who_can(relation text, id uuid, command text, role text default null)
returns table (person uuid, name text, reason text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '2s' as $$
declare
  subject regclass := audit.subject(relation, id, command);
  roles text[] := audit.roles_to_ask(subject, command, role);
  each_person record;
  each_role text;
  came record;
begin
  for each_person in
    select null::uuid as id, null::text as name union all (select u.id, u.name from app.users u order by u.name, u.id)
  loop
    foreach each_role in array roles loop
      select * into came from audit.verdict(each_person.id, subject, who_can.id, command, each_role, true);
      if came.allowed then
        person := each_person.id;
        name := each_person.name;
        reason := came.reason;
        return next;
        exit;
      end if;
    end loop;
  end loop;
end
$$;
grant execute on function audit.who_can(relation text, id uuid, command text, role text) to app_auditor;
