"""Mutants of tables: row security off, a default of an identity gone, a trigger gone, a key that forgets the tenant."""

from collections.abc import Iterator
from typing import Any

from psycopg import Connection

from tests.mutants.mutant import Layer, Mutant

RELATIONS = "pg_class c join pg_namespace n on n.oid = relnamespace"
NAME = "format('%I.%I', nspname, relname)"
FLAGS = f"select {NAME} from {RELATIONS} where relkind in ('r', 'p') and relforcerowsecurity order by 1"
IDENTITIES = f"""
select {NAME}, attname from pg_attrdef join {RELATIONS} on c.oid = adrelid
join pg_attribute on attrelid = adrelid and attnum = adnum
where pg_get_expr(adbin, adrelid) ~ '^app\\.\\w+_user_id\\(\\)$' order by 1, 2"""
TRIGGERS = f"select {NAME}, tgname from pg_trigger join {RELATIONS} on c.oid = tgrelid where not tgisinternal order by 1, 2"
COLUMNS = """array(select attname::text from unnest({keys}) with ordinality k (number, place)
  join pg_attribute on attrelid = {table} and attnum = number order by place)"""
KEYS = f"""
select {NAME}, conname, contype, {COLUMNS.format(keys="conkey", table="conrelid")},
  {COLUMNS.format(keys="confkey", table="confrelid")}, confrelid::regclass::text
from pg_constraint join {RELATIONS} on c.oid = conrelid
where contype in ('f', 'u') and cardinality(conkey) > 1 and nspname in ('app', 'auth') order by 1, 2"""
# A child's row names its parent twice over: by a key that carries the tenant, and to a trigger that looks for a live one.
LIVE = f"""
select {NAME}, string_agg(format('drop trigger %I on %I.%I', tgname, nspname, relname), '; ' order by tgname)
from pg_trigger join {RELATIONS} on c.oid = tgrelid where tgname like 'live\\_%' group by 1"""
TENANTS = {"owner_id", "workspace_id"}


def mutants(connection: Connection[Any]) -> Iterator[Mutant]:
    """Of every table's flags, defaults, triggers and keys."""
    for (table,) in connection.execute(FLAGS.encode()):
        yield Mutant(table, "row security", "not forced", f"alter table {table} no force row level security")
        yield Mutant(table, "row security", "not enabled", f"alter table {table} disable row level security")
    for table, column in connection.execute(IDENTITIES.encode()):
        drop = f"alter table {table} alter column {column} drop default"
        yield Mutant(table, f"default of {column}", "dropped", drop)
    for table, trigger in connection.execute(TRIGGERS.encode()):
        yield Mutant(table, f"trigger {trigger}", "dropped", f"drop trigger {trigger} on {table}")
    live: dict[str, str] = dict(connection.execute(LIVE.encode()).fetchall())
    for table, name, kind, ours, theirs, parent in connection.execute(KEYS.encode()):
        for place, column in enumerate(ours):
            rest = ", ".join(ours[:place] + ours[place + 1 :])
            if column not in TENANTS or rest == "id":
                continue
            if kind == "f":
                # Referring to an id alone: the primary key is what makes that possible.
                key = f"foreign key ({rest}) references {parent} ({', '.join(theirs[:place] + theirs[place + 1 :])})"
            else:
                key = f"unique ({rest})"
            anew = f"alter table {table} drop constraint {name}, add constraint {name} {key}"
            layers = (Layer(f"the live triggers of {table}", live[table]),) if kind == "f" and table in live else ()
            yield Mutant(table, f"key {name}", f"without {column}", anew, layers)
