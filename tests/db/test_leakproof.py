"""Which types an index serves under row security is read from the catalog of the server that the tests run on."""

import pytest

from db.rules.columns import LEAKPROOF
from tests.policies.catalog import Connection, rows

# All operators that a btree index of the type knows, by the functions behind them.
OPERATORS = """
select format_type(opcintype, null), bool_and(proleakproof)
from pg_opclass c join pg_am a on a.oid = opcmethod and amname = 'btree'
join pg_amop m on amopfamily = opcfamily and amoplefttype = opcintype and amoprighttype = opcintype
join pg_operator o on o.oid = amopopr join pg_proc p on p.oid = oprcode
where opcdefault group by 1"""


def test_types_that_models_may_filter_by_are_leakproof(owner: Connection) -> None:
    known = dict(rows(owner, OPERATORS))
    # varchar has text's operators; the catalog lists it under text alone.
    assert {name for name in LEAKPROOF - {"varchar"} if not known[name]} == set()


@pytest.mark.parametrize("name", ["numeric", "jsonb", "anyenum", "anyarray", "tsvector", "anyrange"])
def test_types_that_models_may_not_filter_by_leak(owner: Connection, name: str) -> None:
    assert dict(rows(owner, OPERATORS))[name] is False
