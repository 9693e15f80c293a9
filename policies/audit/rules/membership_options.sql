-- A membership of requests, or of DBAs who look, is one to ask for, SET ROLE: neither inherited, nor to be handed on.
create view audit.rule_membership_options with (security_invoker) as
select 'error' as severity, format('%s in %s', member.name, roleid::regrole) as object,
  case when admin_option then 'the membership may be handed on' else 'the membership is inherited' end as problem,
  format('revoke %1$s from %2$I; grant %1$s to %2$I', roleid::regrole, member.name)
    || case when options ? 'set_option' then ' with inherit false, set true' else '' end as mend
from pg_catalog.pg_auth_members m join pg_catalog.pg_roles r on r.oid = m.member, to_jsonb(m) as options,
  lateral (select rolname as name) member
where roleid in (select oid from audit.request_roles where person)
  and (r.oid in (select oid from audit.request_roles) or rolname = 'app_auditor')
  and (admin_option or coalesce((options ->> 'inherit_option')::boolean, false));
