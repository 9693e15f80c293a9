-- A grant for a command that no policy lets through serves nobody, and waits for a policy to open it.
create view audit.rule_grant_without_policy with (security_invoker) as
select 'warning' as severity, h.name as object, format('%s holds %s, and no policy lets it', role, privilege) as problem,
  format('revoke %s%s on %s from %I', privilege,
    ' (' || string_agg(quote_ident(part), ', ') filter (where part is not null) || ')', target, role) as mend
from audit.held h join audit.guarded t using (oid)
where person and role not in ('public', 'app_viewer') and h.schema <> 'auth' and privilege in ('select', 'insert',
  'update', 'delete') and enabled
  and exists (select from audit.policies where relation = h.oid)
  and not exists (
    select from audit.policies where relation = h.oid and permissive and command in (privilege, 'all')
      and roles && array[role::text, 'public'])
group by h.oid, h.name, target, role, privilege;
