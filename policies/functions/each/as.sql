-- as: what app_{role} would meet. One function for each role that a request becomes, made by policies/compile.py.

-- as_{role}: how many rows a statement finds or changes as app_{role}; $1 is what is given. For audit.explain alone, which takes
-- it all back. It runs as app_as_{role}, who has what app_{role} has: Postgres itself applies its grants, policies and triggers.
create function audit.as_{role}(statement text, given anyelement) returns bigint
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  found_rows bigint;
begin
  execute statement using given;
  get diagnostics found_rows = row_count;
  return found_rows;
end
$$;
grant execute on function audit.as_{role}(statement text, given anyelement) to app_inspector;
