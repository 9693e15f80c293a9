-- A function that policies ask is STABLE and not PARALLEL SAFE: IMMUTABLE, one person's answer is kept for the next.
create view audit.rule_identity_volatility with (security_invoker) as
select 'error' as severity, f.signature as object,
  case when provolatile = 'i' then 'the answer may be kept in a plan that serves another person'
    when provolatile = 'v' then 'the function is asked for each row'
    else 'a parallel worker may not have the identity' end as problem,
  format('alter function %s stable parallel restricted', f.signature) as mend
from audit.identity_functions f join pg_catalog.pg_proc p using (oid) where provolatile <> 's' or proparallel = 's';
