"""Lists: each order that a page may ask for is one that an index gives, beginning with the owner or tenant."""

from collections.abc import Iterator

from sqlalchemy import Table

from db.patterns import EVERYBODY
from db.rules.catalog import indexes

# Pages go by key, which is by age: within the owner or tenant, or within one parent of the tenant.
ORDER = "id"


def serves_every_list(table: Table) -> Iterator[str]:
    """For live rows and for the bin; where the key itself is what keeps rows apart, its own index serves."""
    apart = table.info["within"]
    if table.schema != "app" or EVERYBODY in apart or apart == (ORDER,):
        return
    inner = [[column] for column in table.info["parents"] if column not in apart]
    # Shares are listed under the row that is shared, and nowhere else.
    for between in inner if table.info["access"] == "shares" else ([], *inner):
        wanted = [[column, *between, ORDER] for column in apart]
        for condition in ("deleted_at is null", "deleted_at is not null") if "deleted_at" in table.c else ("",):
            if not any(known.columns in wanted and known.condition in {None, condition} for known in indexes(table)):
                names = ", ".join(f'"{name}"' for name in wanted[0])
                yield (
                    f"no index serves its list in the order ({', '.join(wanted[0])}){f' where {condition}' * bool(condition)}: "
                    f"add `Index(None, {names})` to what keys() of its base class answers"
                )
