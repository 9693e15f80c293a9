"""Side channels: statistics, plans, errors and functions that see a row before a policy has judged it."""

from collections.abc import Callable, Iterator

from tests.attack.attempt import ID, Attempt, statement, tried
from tests.attack.ground import Ground
from tests.isolation.session import acting
from tests.samples import ISOLATED

FAMILY = "side channels"
# Functions that are not leakproof must wait for the policy: their errors would say what they were given.
LEAKY = {
    "cast that fails": "select from app.{table} t where id = '{row}' and t::text::integer = 1",
    "division by nothing": "select from app.{table} t where id = '{row}' and 1 / (length(t::text) - length(t::text)) = 1",
    "bad pattern": "select from app.{table} t where id = '{row}' and 'x' ~ ('(' || left(t::text, 1))",
    "xml of a row": "select from app.{table} t where id = '{row}' and ('<' || t::text)::xml is not null",
    "json of a row": "select from app.{table} t where id = '{row}' and (t::text)::json is not null",
    "setting from a row": "select from app.{table} t where id = '{row}' and set_config('a.b', t::text, true) is not null",
    "query of a row": "select from app.{table} t where id = '{row}' and query_to_xml(t::text, true, true, '') is not null",
    "order by what fails": "select from app.{table} t where id = '{row}' order by t::text::integer",
    "group by what fails": "select from app.{table} t where id = '{row}' group by t::text::integer",
    "join on what fails": "select from app.{table} t join app.users u on t.id = '{row}' and t::text::integer = 1",
    "raise from a row": "create function pg_temp.say(x text) returns boolean language plpgsql cost 0.0000001 as "
    "$$ begin raise notice '%', x; return true; end $$; select from app.{table} t where pg_temp.say(t::text) and id = '{row}'",
    "remember a row": "select set_config('a.b', string_agg(t::text, ''), true) from app.{table} t having bool_or(id = '{row}')",
}
CATALOG = {
    "common values": "select most_common_vals from pg_stats where schemaname = 'app' and tablename = '{table}'",
    "raw statistics": "select stavalues1 from pg_statistic where starelid = 'app.{table}'::regclass",
    "extended statistics": "select from pg_stats_ext where schemaname = 'app' and tablename = '{table}'",
    "raw extended statistics": "select from pg_statistic_ext_data",
    "expression statistics": "select from pg_stats_ext_exprs where schemaname = 'app'",
    "index statistics": "select most_common_vals from pg_stats where schemaname = 'app' and tablename like '{table}%idx'",
}
TABLELESS = {
    "sequences": "select from pg_sequences where schemaname = 'app' and last_value is not null",
    "another's prepared statement": "select from pg_prepared_statements where from_sql",
    "another's cursor": "select from pg_cursors where name <> '' and statement !~ 'pg_cursors'",
    "materialized view": "select from pg_matviews where schemaname in ('app', 'audit', 'public')",
    "another's password": "select rolpassword from pg_authid",
    "connection strings": "select subconninfo from pg_subscription",
    "server's files": "select pg_read_file('postgresql.conf')",
    "server's log": "select pg_current_logfile()",
    "another's statement": "select from pg_stat_activity where usename <> session_user and query !~ '^$|insufficient'",
}


def attempts() -> Iterator[Attempt]:
    """Each on each table; what names no table once."""
    for table in ISOLATED:
        for role in ("app_user", "app_guest", "app_trash"):
            for name, sql in LEAKY.items():
                yield statement(FAMILY, name, sql, table, role=role)
        for name, sql in CATALOG.items():
            yield statement(FAMILY, name, sql, table)
        yield Attempt(FAMILY, "planner's estimate", table, _estimates(table))
    for name, sql in TABLELESS.items():
        yield statement(FAMILY, name, sql)


def _estimates(table: str) -> Callable[[Ground], str]:
    """The planner's guess for a text that a row of the victim's has, and for one that none has."""

    def run(ground: Ground) -> str:
        row = ground.owner.execute(f"select to_jsonb(t) from app.{table} t where id = '{ground.world.live[table]}'".encode())
        found = row.fetchone()
        assert found is not None
        texts = [name for name, value in found[0].items() if isinstance(value, str) and value in ground.canaries]
        with acting(ground.database.api, ground.world.mallory.id) as session:
            for name in texts:
                asked = f"explain select from app.{table} where {name} = '{{}}'"
                there, never = [
                    tried(session, asked.format(text)).text.replace(text, "x") for text in (found[0][name], "y" * 32)
                ]
                if ID.sub("id", there) != ID.sub("id", never):
                    return f"the plan knows {name}"
        return ""

    return run
