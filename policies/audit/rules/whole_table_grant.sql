-- Requests hold columns, not tables: a grant on a whole table covers columns yet to come, and LOCK TABLE.
create view audit.rule_whole_table_grant with (security_invoker) as
with given (name, target, role, privilege, columns) as (
  select h.name, target, role, privilege, string_agg(quote_ident(part), ', ')
  from audit.held h join audit.guarded t using (oid)
  where privilege in ('select', 'insert', 'update') and role <> 'public'
  group by h.name, target, role, privilege having bool_or(part is null)
)
select 'error' as severity, name as object, format('%s holds %s on the whole table', role, privilege) as problem,
  format('revoke %s on %s from %I', privilege, target, role)
    || case when columns is null then '' else format('; grant %s (%s) on %s to %I', privilege, columns, target, role) end as mend
from given;
