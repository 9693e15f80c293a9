-- Every trigger fires, those of foreign keys too.
create view audit.rule_disabled_trigger with (security_invoker) as
select 'error' as severity, format('%I on %s', tgname, name) as object,
  case tgenabled when 'D' then 'the trigger is disabled' else 'the trigger does not fire for requests' end as problem,
  format('alter table %s enable trigger %s', name, case when tgisinternal then 'all' else quote_ident(tgname) end) as mend
from pg_catalog.pg_trigger join audit.guarded t on t.oid = tgrelid where tgenabled in ('D', 'R');
