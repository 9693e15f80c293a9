-- Reset: what a session could remember for the next person is gone before it is lent again.

-- reset_session: takes a session back to its login's beginnings; an error where SQL tampered with what is prepared in it, and
-- where it could not: whoever asked closes the session. Settings come first, or one of them could time out the rest. What the
-- driver prepared stays, since planning anew costs more than all of this; only a statement prepared in SQL can hold somebody
-- else's text, and only SQL takes one away, which leaves fewer than the driver counts. It runs with the rights of whoever asks.
-- A procedure: CALL is planned and executed by nobody and answers no row, 12 us of the server's less than SELECT of a function.
create procedure audit.reset_session(prepared integer)
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare sql boolean[];
begin
  reset session authorization;
  reset all;
  execute 'close all';
  unlisten *;
  discard temp;
  discard sequences;
  perform pg_advisory_unlock_all();
  sql := array(select from_sql from pg_prepared_statement());
  if true = any (sql) or cardinality(sql) < prepared then
    raise exception 'SQL prepared or dropped statements in this session: look for SQL that somebody injects'
      using errcode = '55000';
  end if;
end
$$;
grant execute on procedure audit.reset_session(prepared integer) to app_api, app_auth;

-- reset: the same as a question, for APIs of the release before, which ask it; dropped once none of them runs.
create function audit.reset(prepared integer) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  call audit.reset_session(prepared);
  return false;
end
$$;
grant execute on function audit.reset(prepared integer) to app_api, app_auth;
