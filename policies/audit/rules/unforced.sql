-- Row security is on and forced on every table: off, a grant alone opens all rows; not forced, its owner's functions see
-- all.
create view audit.rule_unforced with (security_invoker) as
select 'error' as severity, name as object,
  case when enabled then 'row security is not forced' else 'row security is off' end as problem,
  format('alter table %s enable row level security, force row level security', name) as mend
from audit.guarded where not (enabled and forced);
