"""Keys made by `app.uuidv7()`: valid, ordered by time, never twice, and one text in the catalog of every version."""

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from tests.policies.catalog import Connection, rows

TEXT = (
    "RETURN ((OVERLAY(lpad(to_hex(((EXTRACT(epoch FROM clock_timestamp()) * (4096000)::numeric))::bigint), 15, '0'::text) "
    "PLACING '7'::text FROM 13 FOR 0) || \"right\"((gen_random_uuid())::text, 17)))::uuid"
)


def thousand(connection: Connection) -> list[UUID]:
    """Keys in the order in which they were made."""
    return rows(connection, "select app.uuidv7() from generate_series(1, 1000)")


def test_keys_are_version_7(owner: Connection) -> None:
    for key in thousand(owner):
        assert key.version == 7
        assert key.variant == RFC_4122


def test_keys_are_never_made_twice(owner: Connection) -> None:
    assert len({*thousand(owner), *thousand(owner)}) == 2000


def test_keys_cannot_go_back_in_time(owner: Connection) -> None:
    """Their first 64 bits, finer than a microsecond: what was made later does not sort before."""
    made = [key.int >> 64 for key in thousand(owner)]
    assert made == sorted(made)
    assert len(set(made)) > 10


def test_keys_of_later_transactions_sort_later(owner: Connection) -> None:
    made = [rows(owner, "select app.uuidv7()")[0] for _ in range(50)]
    assert made == sorted(made)


def test_keys_say_when_they_were_made(owner: Connection) -> None:
    ((before, key, after),) = rows(owner, "select clock_timestamp(), app.uuidv7(), clock_timestamp()")
    made = datetime.fromtimestamp((key.int >> 80) / 1000, UTC)
    assert before - timedelta(milliseconds=1) < made <= after, "to the millisecond"


def test_random_bits_are_random(owner: Connection) -> None:
    """62 of them: nobody who knows one key, and when the next was made, guesses it."""
    tails = [key.int & ((1 << 62) - 1) for key in thousand(owner)]
    for bit in range(62):
        assert 350 < sum(tail >> bit & 1 for tail in tails) < 650


def test_function_is_one_text_on_every_version(owner: Connection) -> None:
    assert rows(owner, "select pg_get_function_sqlbody('app.uuidv7()'::regprocedure)") == [TEXT]
    facts = "select prosrc, provolatile, proparallel, prosecdef, proconfig from pg_proc where proname = %s"
    assert rows(owner, f"{facts} and prosqlbody is not null", "uuidv7") == [("", "v", "s", False, None)]
