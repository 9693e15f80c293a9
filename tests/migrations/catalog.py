"""What a database holds, as lines that can be compared: every fact of the catalog that a migration makes."""

import time
from collections.abc import Callable

import psycopg


def grants(acl: str, owner: str) -> str:
    """An ACL without the owner's own rights, in an order of its own."""
    word = "format('%s to %s by %s', privilege_type, grantee::regrole, grantor::regrole)"
    return f"array(select {word} from aclexplode({acl}) where grantee <> {owner} order by 1)"


OURS = "nspname in ('app', 'auth', 'audit')"
RELATIONS = f"""
select format('%s %s.%s owner %s rls %s forced %s: %s', relkind, nspname, relname, relowner::regrole, relrowsecurity,
  relforcerowsecurity, {grants("relacl", "relowner")})
from pg_class c join pg_namespace n on n.oid = relnamespace where {OURS}"""
COLUMNS = f"""
select format('column %s.%s %s not null %s default %s sampled %s: %s', attrelid::regclass, attname,
  format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid), coalesce(attstattarget, -1),
  {grants("attacl", "relowner")})
from pg_attribute join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
left join pg_attrdef on adrelid = attrelid and adnum = attnum
where {OURS} and relkind = 'r' and attnum > 0 and not attisdropped"""
CONSTRAINTS = f"""
select format('constraint %s on %s: %s', conname, conrelid::regclass, pg_get_constraintdef(c.oid))
from pg_constraint c join pg_namespace n on n.oid = connamespace where {OURS}"""
INDEXES = f"""
select pg_get_indexdef(c.oid) from pg_class c join pg_namespace n on n.oid = relnamespace
where relkind = 'i' and {OURS}"""
POLICIES = """
select format('policy %s on %s: %s %s %s using %s check %s: %s', polname, polrelid::regclass, polpermissive, polcmd,
  polroles::regrole[], pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid),
  obj_description(p.oid, 'pg_policy'))
from pg_policy p"""
TRIGGERS = f"""
select format('%s enabled %s', pg_get_triggerdef(t.oid), tgenabled)
from pg_trigger t join pg_class c on c.oid = tgrelid join pg_namespace n on n.oid = relnamespace
where not tgisinternal and {OURS}"""
FUNCTIONS = f"""
select format('%s owner %s: %s', regexp_replace(pg_get_functiondef(p.oid), '\\s+', ' ', 'g'), proowner::regrole,
  {grants("coalesce(proacl, acldefault('f', proowner))", "proowner")})
from pg_proc p join pg_namespace n on n.oid = pronamespace where {OURS}"""
VIEWS = f"""
select format('view %s with %s as %s', c.oid::regclass, reloptions, pg_get_viewdef(c.oid))
from pg_class c join pg_namespace n on n.oid = relnamespace where relkind = 'v' and {OURS}"""
COMMENTS = """
select format('comment on %s: %s', i.identity, description)
from pg_description d, pg_identify_object(classoid, objoid, objsubid) i where schema in ('app', 'auth', 'audit')"""
SCHEMAS = f"""
select format('schema %s owner %s: %s', nspname, nspowner::regrole, {grants("nspacl", "nspowner")})
from pg_namespace where {OURS} or nspname = 'public'"""
EVERY = (RELATIONS, COLUMNS, CONSTRAINTS, INDEXES, POLICIES, TRIGGERS, FUNCTIONS, VIEWS, COMMENTS, SCHEMAS)


def snapshot(url: str) -> list[str]:
    """All of it, sorted."""
    with psycopg.connect(url) as connection:
        return sorted(line for query in EVERY for (line,) in connection.execute(query.encode()).fetchall())


def value(url: str, query: str) -> object:
    """The first value that the superuser reads."""
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


def at(url: str) -> object:
    """The revision that the database is at, or None."""
    return value(url, "select max(version_num) from audit.alembic_version")


def do(url: str, *statements: str) -> None:
    """Runs statements as the superuser, committed together."""
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def until(condition: Callable[[], object]) -> None:
    """Waits for it, a minute at most."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
