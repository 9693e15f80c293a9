-- No event trigger runs code at what migrations do: they run as owner, or as a superuser.
create view audit.rule_event_trigger with (security_invoker) as
select 'warning' as severity, evtname::text as object, format('it runs %s at %s', evtfoid::regproc, evtevent) as problem,
  format('drop event trigger %I', evtname) as mend
from pg_catalog.pg_event_trigger where evtenabled <> 'D';
