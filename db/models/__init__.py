"""Every table: a module in this folder is a table, found by being here."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from sqlalchemy import UniqueConstraint

from db.base import Table
from db.rules import refuse, refuse_unreadable
from db.shares import share_of

for module in sorted(iter_modules([str(Path(__file__).parent)]), key=lambda found: found.name):
    import_module(f"{__name__}.{module.name}")

metadata = Table.metadata


def tables() -> list[type[Table]]:
    """Every table's class, by name."""
    found, queue = [], [Table]
    while queue:
        model = queue.pop()
        queue += model.__subclasses__()
        if hasattr(model, "__table__"):
            found.append(model)
    return sorted(found, key=lambda model: str(model.__tablename__))


for shared in tables():
    if "shared" in shared.__access__.split():
        share_of(shared)

refuse_unreadable(metadata.tables.values())
# The target of a key that carries the tenant is (workspace_id, id), which Postgres wants to be declared unique.
for table in metadata.tables.values():
    for key in table.foreign_key_constraints:
        target = [element.column for element in key.elements]
        parent = target[0].table
        if len(target) > 1 and not any(
            isinstance(known, UniqueConstraint) and list(known.columns) == target for known in parent.constraints
        ):
            parent.append_constraint(UniqueConstraint(*target))
refuse(metadata.tables.values())
