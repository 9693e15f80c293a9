"""What is tried on the tables of sign-in: who holds an address, a session, a token or a subject meets what is theirs alone."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg

from db.seal import Identity
from db.transaction import address, person, session, subject, token
from tests.isolation.reach.cells import Cells, outcomes
from tests.server import Database

ADA, BOB, CARL = (UUID(int=0xADA0 + place) for place in range(3))
HERS, BOBS, NOBODYS = (UUID(int=0x5E50 + place) for place in range(3))  # sessions
HASH = {name: f"sha256('{name}')" for name in ("ada", "bob", "new")}
ISSUER = "https://issuer"

WHO: dict[str, Identity | None] = {
    "ada": person(ADA),
    "her-address": address("ada@x.org"),
    "her-session": session(HERS),
    "her-token": token(sha256(b"ada").digest()),
    "her-subject": subject(ISSUER, "ada"),
    "new-address": address("new@x.org"),
    "new-subject": subject(ISSUER, "new"),
    "nobody": None,
}

ROWS = f"""
set local session_replication_role = replica;
delete from auth.attempts; delete from auth.credentials; delete from auth.factors; delete from auth.mails;
delete from auth.refresh_tokens; delete from auth.revocations; delete from auth.subjects; delete from app.sessions;
insert into auth.credentials (user_id, email, password_hash) values ('{ADA}', 'ada@x.org', 'x'), ('{BOB}', 'bob@x.org', 'x');
insert into auth.subjects (user_id, issuer, subject)
  values ('{ADA}', '{ISSUER}', 'ada'), ('{BOB}', '{ISSUER}', 'bob'), ('{CARL}', 'https://another', 'ada');
insert into auth.factors (user_id, secret, kind) values ('{ADA}', sha256('a'), 'totp'), ('{BOB}', sha256('b'), 'totp');
insert into app.sessions (id, owner_id) values ('{HERS}', '{ADA}'), ('{BOBS}', '{BOB}');
insert into auth.refresh_tokens (owner_id, session_id, token_hash, used_at) values
  ('{ADA}', '{HERS}', sha256('a'), null), ('{ADA}', '{HERS}', sha256('b'), now() - interval '8 days'),
  ('{BOB}', '{BOBS}', sha256('c'), null), ('{BOB}', '{BOBS}', sha256('d'), now() - interval '8 days');
insert into auth.revocations (session_id, created_at) values
  (app.uuidv7(), now() - interval '3 days'), (app.uuidv7(), now()), (app.uuidv7(), now() + interval '1 day');
insert into auth.attempts (bucket, account, expires_at) values
  (sha256('a'), sha256('address ada@x.org'), now() + interval '1 hour'),
  (sha256('b'), sha256('person {ADA}'), now() + interval '1 hour'),
  (sha256('c'), sha256('address bob@x.org'), now() + interval '1 hour'),
  (sha256('d'), sha256('address bob@x.org'), now() - interval '1 hour'),
  (sha256('e'), null, now() + interval '1 hour');
insert into auth.mails (kind, address, user_id, token_hash, expires_at, due_at, claimed_at) values
  ('reset', 'ada@x.org', '{ADA}', {HASH["ada"]}, now() + interval '1 hour', null, null),
  ('reset', 'bob@x.org', '{BOB}', {HASH["bob"]}, now() + interval '1 hour', null, null),
  ('known', 'bob@x.org', '{BOB}', null, now() + interval '1 hour', now(), null),
  ('known', 'bob@x.org', '{BOB}', null, now() + interval '1 hour', null, now()),
  ('known', 'bob@x.org', '{BOB}', null, now() - interval '1 hour', null, null)"""

SHORT = {f"'{BOB}'": "bob's", f"'{BOBS}'": "bob's", "sha256('address bob@x.org')": "bob's", "now() + interval '1 day'": "later"}
CHANGES: dict[str, dict[str, str]] = {
    "attempts": {"failures": "9", "account": "sha256('address bob@x.org')"},
    "credentials": {"disabled_at": "now()", "email": "'new@x.org'", "user_id": f"'{BOB}'"},
    "factors": {"last_step": "9", "user_id": f"'{BOB}'"},
    "mails": {"sent_at": "now()", "due_at": "null", "claimed_at": "null", "address": "'ada@x.org'"},
    "refresh_tokens": {"used_at": "now()", "session_id": f"'{BOBS}'"},
    "revocations": {"created_at": "now() + interval '1 day'", "session_id": "app.uuidv7()"},
    "subjects": {"disabled_at": "now()", "issuer": "'https://another'", "subject": "'bob'", "user_id": f"'{BOB}'"},
}
NEW: dict[str, dict[str, str]] = {
    "attempts": {
        "hers": "(bucket, account) values (sha256('n'), sha256('address ada@x.org'))",
        "bob's": "(bucket, account) values (sha256('n'), sha256('address bob@x.org'))",
        "a network's": "(bucket) values (sha256('n'))",
    },
    "credentials": {
        "with a new address": "(email, password_hash) values ('new@x.org', 'x')",
        "with her address": "(email, password_hash) values ('ada@x.org', 'x')",
        "hers": f"(user_id, email, password_hash) values ('{ADA}', 'other@x.org', 'x')",
    },
    "factors": {
        "hers": f"(user_id, secret, kind) values ('{ADA}', sha256('n'), 'recovery')",
        "bob's": f"(user_id, secret, kind) values ('{BOB}', sha256('n'), 'recovery')",
    },
    "mails": {
        "to her address": "(kind, address) values ('reset', 'ada@x.org')",
        "to bob's address": "(kind, address) values ('reset', 'bob@x.org')",
        "for her": f"(kind, address, user_id) values ('reset', 'other@x.org', '{ADA}')",
        "for bob": f"(kind, address, user_id) values ('reset', 'other@x.org', '{BOB}')",
    },
    "refresh_tokens": {
        name: f"(owner_id, session_id, token_hash) values ('{ADA}', '{id}', sha256('n'))"
        for name, id in (("hers", HERS), ("bob's", BOBS), ("of no session", NOBODYS))
    },
    "revocations": {
        "now": "(session_id) values (app.uuidv7())",
        "later": "(session_id, created_at) values (app.uuidv7(), now() + interval '1 day')",
    },
    "subjects": {
        "new": f"(issuer, subject) values ('{ISSUER}', 'new')",
        "of another issuer": "(issuer, subject) values ('https://another', 'new')",
        "hers": f"(issuer, subject) values ('{ISSUER}', 'ada')",
    },
}


def reached(database: Database, table: str, role: str) -> Cells:
    """All cells of a table and a role."""
    with psycopg.connect(database.owner) as opened:
        _leave_policies_alone(opened, table, role)
        return outcomes(opened, role, WHO, lambda _: statements(table))


def _leave_policies_alone(opened: psycopg.Connection[Any], table: str, role: str) -> None:
    opened.execute(ROWS.encode())
    opened.execute(f"grant usage on schema app, auth to {role}; grant all on auth.{table} to {role}".encode())
    opened.execute(f"grant execute on all functions in schema app, auth to {role}".encode())


def statements(table: str) -> dict[str, str]:
    """What is tried, by name; nothing but inserts reads a column, so that each command's own policies answer."""
    tried = {"select": f"select from auth.{table}", "delete": f"delete from auth.{table}"}
    for name, value in CHANGES[table].items():
        tried[f"update {name} = {SHORT.get(value, value)}"] = f"update auth.{table} set {name} = {value}"
    return tried | {f"insert one {name}": f"insert into auth.{table} {rest}" for name, rest in NEW[table].items()}
