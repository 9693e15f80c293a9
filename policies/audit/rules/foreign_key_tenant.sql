-- A foreign key between rows of one owner or tenant carries it: without it a row points at another's, and the key tells
-- of it.
create view audit.rule_foreign_key_tenant with (security_invoker) as
select 'error' as severity, format('%I on %s', conname, child.table_name) as object,
  format('the key does not carry %I', child.name) as problem,
  format('alter table %1$s drop constraint %2$I, add foreign key (%3$I, %4$s) references %5$s (%3$I, %6$s)',
    child.table_name, conname, child.name,
    string_agg(quote_ident(ours.attname), ', ' order by place), parent.table_name,
    string_agg(quote_ident(theirs.attname), ', ' order by place)) as mend
from pg_catalog.pg_constraint c
join audit.identity_columns child on child.relation = conrelid
  join audit.identity_columns parent on parent.relation = confrelid
  and parent.name = child.name and child.name <> 'id',
  unnest(conkey, confkey) with ordinality key (our_number, their_number, place)
join pg_catalog.pg_attribute ours on ours.attnum = our_number
  join pg_catalog.pg_attribute theirs on theirs.attnum = their_number
where contype = 'f' and ours.attrelid = conrelid and theirs.attrelid = confrelid and not child.number = any (conkey)
group by conname, child.table_name, child.name, parent.table_name;
