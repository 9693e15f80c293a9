"""Everything there is: what the catalog says a session may read or call is read and called, known to us or not."""

from collections.abc import Callable, Iterator

from tests.attack.attempt import Attempt, shown, tried
from tests.attack.ground import Ground
from tests.isolation.session import acting

FAMILY = "reads"
OURS = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'"
READABLE = f"""
select format('select * from %I.%I', n.nspname, relname) from pg_class c join pg_namespace n on n.oid = relnamespace
where relkind in ('r', 'v', 'm', 'f', 'p') and {OURS} order by 1"""
SEQUENCES = f"""
select format('select last_value from %I.%I', n.nspname, relname) from pg_class c join pg_namespace n on n.oid = relnamespace
where relkind = 'S' and {OURS} order by 1"""
CALLABLE = f"""
select format('select * from %I.%I(%s)', n.nspname, proname, (select string_agg(case t
  when 'uuid'::regtype then '''{{row}}''' when 'text'::regtype then '''owner''' else 'null' end, ', ' order by i)
  from unnest(p.proargtypes::oid[]) with ordinality a (t, i)))
from pg_proc p join pg_namespace n on n.oid = pronamespace
where {OURS} and prokind = 'f' and prorettype not in ('trigger'::regtype, 'event_trigger'::regtype) order by 1"""


def attempts() -> Iterator[Attempt]:
    """Found at the moment of the attack, so that a view or function that somebody adds tomorrow is tried too."""
    for role in ("app_user", "app_guest", "app_trash", "none"):
        for name, listing in {"each relation": READABLE, "each sequence": SEQUENCES, "each function": CALLABLE}.items():
            yield Attempt(FAMILY, name, f"mallory {role}", _each(listing, role))


def _each(listing: str, role: str) -> Callable[[Ground], str]:
    def run(ground: Ground) -> str:
        with acting(ground.database.api, ground.world.mallory.id) as session:
            session.execute(f"set local role {role}".encode())
            for (sql,) in ground.owner.execute(listing.encode()).fetchall():
                asked = sql.format(row=ground.world.live["notes"])
                came = tried(session, asked)
                if found := shown(ground, came, asked):
                    return f"{asked} {found}"
                if sql.startswith("select last_value") and not came.state:
                    return f"{asked} counts for everybody"
        return ""

    return run
