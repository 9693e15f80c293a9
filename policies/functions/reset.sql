-- Reset: what a session could remember for the next person is gone before it is lent again.

-- reset: takes a session back to its login's beginnings, and says whether SQL tampered with what is prepared in it. Settings
-- come first, or one of them could time out the rest. What the driver prepared stays, since planning anew costs more than all
-- of this; only a statement prepared in SQL can hold somebody else's text, and only SQL takes one away, which leaves fewer than
-- the driver counts. It runs with the rights of whoever asks: one who may not ask has its session closed instead. The plan of
-- its question is kept, which asked by itself would cost twice all the rest.
create function audit.reset(prepared integer) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  reset session authorization;
  reset all;
  execute 'close all';
  unlisten *;
  discard temp;
  discard sequences;
  perform pg_advisory_unlock_all();
  return (select coalesce(bool_or(from_sql), false) or count(*) < prepared from pg_prepared_statement());
end
$$;
grant execute on function audit.reset(prepared integer) to app_api, app_auth;
