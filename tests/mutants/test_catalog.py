"""Mutants come from the catalog: every policy, flag, grant, trigger and function has some, and Postgres takes each."""

from contextlib import suppress

import psycopg
import pytest

from tests.mutants.loop import every_mutant
from tests.mutants.mutant import Mutant
from tests.policies.catalog import Connection, rows

NOBODY = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def made(owner: Connection) -> list[Mutant]:
    """All of them."""
    return every_mutant(owner, NOBODY)


def test_postgres_takes_each_and_is_changed_by_it(owner: Connection, made: list[Mutant]) -> None:
    """Its rows may refuse one (23…); nothing else may, or a mutant would stand for a test that never ran."""
    snapshot = """
        select md5(concat((select string_agg(p::text, '|' order by oid) from pg_policy p),
          (select string_agg(concat(relacl, relrowsecurity, relforcerowsecurity), '|' order by oid) from pg_class),
          (select string_agg(concat(attrelid, attacl, atthasdef), '|' order by attrelid, attnum) from pg_attribute),
          (select string_agg(concat(proacl, proconfig, prosrc, prosqlbody), '|' order by oid) from pg_proc),
          (select string_agg(concat(conname, conkey), '|' order by conname) from pg_constraint),
          (select string_agg(nspacl::text, '|' order by oid) from pg_namespace), (select count(*) from pg_trigger)))"""
    before = rows(owner, snapshot)
    for mutant in made:
        with owner.transaction(force_rollback=True), suppress(psycopg.errors.IntegrityError):
            owner.execute(mutant.sql.encode())
            assert rows(owner, snapshot) != before, mutant.name
        for layer in mutant.layers:
            with owner.transaction(force_rollback=True):
                owner.execute(f"{layer.sql}; {mutant.sql}".encode())


def test_names_are_unique(made: list[Mutant]) -> None:
    names = [mutant.name for mutant in made]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("select polname, polrelid::regclass::text from pg_policy", "policy {0}"),
        ("select tgname, tgrelid::regclass::text from pg_trigger where not tgisinternal", "trigger {0}"),
        ("select '', c.oid::regclass::text from pg_class c where relforcerowsecurity", "row security"),
    ],
)
def test_nothing_is_left_out(owner: Connection, made: list[Mutant], query: str, part: str) -> None:
    parts = {(mutant.part, mutant.subject) for mutant in made}
    found = rows(owner, query)
    assert len(found) >= 9
    assert {(part.format(name), table) for name, table in found} - parts == set()
