"""Time, keys and secrets that are the same in both worlds: they follow the number of the request, and nothing else."""

import re
import secrets
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

import api.auth
from api.routes import me_keys
from db.watch import Watch

Owner = psycopg.Connection[Any]
NOW = re.compile(r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(\)")
START = datetime.now(UTC).replace(microsecond=0)
# Where policies ask the true clock, what happens here must have happened.
PAST = START - timedelta(hours=2)

# Keys that sort after every real one, so that what is made here is the newest, as in life.
MADE = f"""
create schema worlds;
grant usage on schema worlds to public;
create sequence worlds.keys;
create sequence worlds.requests;
grant usage, select on all sequences in schema worlds to public;
create function worlds.now() returns timestamptz language sql stable
return '{PAST.isoformat()}'::timestamptz + (select last_value from worlds.requests) * interval '1 second';
grant execute on function worlds.now() to public;
create function worlds.other(id uuid, copy bigint) returns uuid language sql immutable
return md5(id::text || copy)::uuid;
create or replace function app.uuidv7() returns uuid language sql volatile
return ('f0000000-0000-7000-8000-' || lpad(to_hex(nextval('worlds.keys')), 12, '0'))::uuid"""

# The seal's own functions keep the true time: what they say is yes or no, and a frozen clock would make them say no.
FUNCTIONS = """
select pg_get_functiondef(p.oid) from pg_proc p
where pronamespace in ('app'::regnamespace, 'auth'::regnamespace) and prokind = 'f' and proowner <> 'app_seal'::regrole"""
DEFAULTS = """
select format('alter table %s alter %I set default ', adrelid::regclass, attname), pg_get_expr(adbin, adrelid)
from pg_attrdef d join pg_attribute a on attrelid = adrelid and attnum = adnum join pg_class c on c.oid = adrelid
where relnamespace in ('app'::regnamespace, 'auth'::regnamespace) and attgenerated = ''"""


def freeze(owner: Owner) -> None:
    """Replaces the clock and the maker of keys wherever this database's functions and defaults use them."""
    owner.execute(MADE)
    for (definition,) in owner.execute(FUNCTIONS).fetchall():
        if NOW.search(definition):
            owner.execute(NOW.sub("worlds.now()", definition).encode())
    for alter, expression in owner.execute(DEFAULTS).fetchall():
        if NOW.search(expression):
            owner.execute((alter + NOW.sub("worlds.now()", expression)).encode())
    owner.execute("select audit.record('time stands still')")  # or the API would refuse such a database


class Frozen(datetime):
    """The moment at which tokens are issued."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return START


class Ticks:
    """Counts requests; what Python makes by itself follows the count."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.count = 1000  # after everything that was there before
        patch.setattr(secrets, "token_urlsafe", lambda size=32: f"{self.count:0{size}d}")
        # What is planted while both are served is for the requests to find.
        patch.setattr(Watch, "watching", nullcontext)
        patch.setattr(Watch, "refusal", "")  # it would miss being looked at
        patch.setattr(api.auth, "uuid4", lambda: UUID(int=self.count))
        patch.setattr(api.auth, "datetime", Frozen)
        patch.setattr(me_keys, "datetime", Frozen)

    def tick(self, *owners: Owner) -> None:
        """The next request, in every world."""
        self.count += 1
        for owner in owners:
            owner.execute("select setval('worlds.requests', %s)", [self.count])
