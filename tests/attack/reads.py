"""Reads: every way in which SQL hands out rows, on every table, by a stranger, a former member, nobody and the login."""

from collections.abc import Callable, Iterator
from uuid import UUID

from tests.attack.attempt import Attempt, statement
from tests.attack.ground import Ground
from tests.isolation.attacks import EVERY_ROW, attacks
from tests.samples import ISOLATED, MODELS

FAMILY = "reads"
ONE = "select * from app.{table} where id = '{row}'"
WAYS = {
    "select": ONE,
    "select only": "select * from only app.{table} where id = '{row}'",
    "exists": f"select where exists ({ONE})",
    "whole row": "select t from app.{table} t where t.id = '{row}'",
    "as json": "select to_jsonb(t) from app.{table} t where t.id = '{row}'",
    "all as one text": "select string_agg(t::text, ',') from app.{table} t having count(*) filter (where id = '{row}') > 0",
    "greatest key": "select from (select max(id::text) as id from app.{table}) t where id = '{row}'",
    "sample": "select * from app.{table} tablesample system (100) where id = '{row}'",
    "materialized": "with x as materialized (select * from app.{table}) select * from x where id = '{row}'",
    "recursive": "with recursive x as (select id from app.{table} union select id from x) select from x where id = '{row}'",
    "lateral": f"select from app.users u, lateral ({ONE}) x",
    "scalar": "select where (select id from app.{table} where id = '{row}') is not null",
    "outer join": "select from (values ('{row}'::uuid)) v (id) left join app.{table} t using (id) where t.version > 0",
    "except": f"select '{{row}}'::uuid except (select '{{row}}'::uuid where not exists ({ONE}))",
    "array": f"select from unnest(array(select id from ({ONE}) x)) id",
    "cursor": f"declare c cursor for {ONE}; fetch all from c",
    "held cursor": f"declare h cursor with hold for {ONE}; fetch all from h",
    "prepared": f"prepare p as {ONE}; execute p",
    "copy out": f"copy ({ONE}) to stdout",
    "copy table": "copy app.{table} to stdout",
    "by place": "select from app.{table} where ctid >= '(0,0)' and ctid < '(99,0)' and id = '{row}'",
    "word statistics": "select * from ts_stat($$ select to_tsvector(t::text) from app.{table} t where id = '{row}' $$)",
    "xml": f"select x from query_to_xml($$ {ONE} $$, true, true, '') x where x::text ~ 'id'",
    "without row security": f"set local row_security = off; {ONE}",
    "with another path": f"set local search_path = app, public; {ONE}",
    "share": f"{ONE} for share",
    "skip locked": f"{ONE} for key share skip locked",
    "table": "table app.{table} order by id = '{row}' desc limit 1",
}
OWN = {"copy table", "table"}  # show the attacker's own rows too: any number, of which none is the victim's
BY = [("mallory", "app_user"), ("mallory", "app_guest"), ("mallory", "app_trash"),
      ("fred", "app_user"), ("fred", "app_guest"), ("fred", "app_trash"),
      ("nobody", "app_user"), ("nobody", "app_trash"), ("login", "")]  # fmt: skip


def attempts() -> Iterator[Attempt]:
    """Each way, by each of them, on each table."""
    for table in ISOLATED:
        for who, role in BY:
            for name, sql in WAYS.items():
                expected = (*range(99), "error") if name in OWN else (0, "error")
                yield statement(FAMILY, name, sql, table, who=who, role=role, expected=expected)
        if "deleted_at" in MODELS[table].model_fields and "workspace_id" in MODELS[table].model_fields:
            for role in ("app_user", "app_guest", "app_trash"):
                yield statement(FAMILY, "another's bin", ONE, table, who="vic", role=role, row=_binned(table))
        for attack in attacks(table):
            if attack.expected != EVERY_ROW and attack.name.startswith(("select", "row security")):
                yield statement(FAMILY, attack.name, attack.sql, table, role=attack.role, expected=_own(attack.expected))


def _binned(table: str) -> Callable[[Ground], UUID]:
    return lambda ground: ground.world.binned[table]


def _own(expected: str | int) -> tuple[str | int, ...]:
    """What was promised for somebody who has no row; the attacker here has one of most."""
    return (expected,) if isinstance(expected, str) else (0, 1)
