-- No trigger runs a stranger's code in other people's writes.
create view audit.rule_stranger_trigger with (security_invoker) as
select 'error' as severity, format('%I on %s', tgname, name) as object,
  format('its function belongs to %s', proowner::regrole) as problem, format('drop trigger %I on %s', tgname, name) as mend
from pg_catalog.pg_trigger join audit.guarded t on t.oid = tgrelid join pg_catalog.pg_proc p on p.oid = tgfoid
where not tgisinternal and proowner not in (select oid from audit.owners)
  and pronamespace not in (select oid from audit.schemas);
