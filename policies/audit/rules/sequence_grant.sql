-- No request reads or moves a sequence: it counts everybody's rows, and setval makes others' inserts fail.
create view audit.rule_sequence_grant with (security_invoker) as
select 'error' as severity, name as object, format('%s holds %s on the sequence', role, privilege) as problem,
  format('revoke %s on %s from %I', privilege, target, role) as mend
from audit.held where kind = 'sequence';
