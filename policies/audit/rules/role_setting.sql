-- No login of requests, nor its database, brings settings that change what a statement means: anybody can alter their
-- own role.
create view audit.rule_role_setting with (security_invoker) as
select 'error' as severity, concat_ws(' in ', role.name, datname) as object, 'sets ' || setting as problem,
  case when role.name is null then 'alter database ' || quote_ident(datname)
    else format('alter role %I', role.name) || coalesce(' in database ' || quote_ident(datname), '') end
    || format(' reset %I', split_part(setting, '=', 1)) as mend
from pg_catalog.pg_db_role_setting left join audit.request_roles role on role.oid = setrole
left join pg_catalog.pg_database d on d.oid = setdatabase, unnest(setconfig) setting
where (role.oid is not null or setrole = 0) and (setdatabase = 0 or datname = current_database())
  and split_part(setting, '=', 1) not in
    ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout');
