"""Lets no view in that reads with its owner's rights, past the policies of who asks: each says `security_invoker`."""

import re
from pathlib import Path

from sqlalchemy import Connection, text

from db.refusal import Refusal
from db.settings import clone

OPEN = """
select format('%s.%s', nspname, relname), relkind = 'm'
from pg_class c join pg_namespace n on n.oid = relnamespace
where nspname in ('app', 'auth', 'audit') and relkind in ('v', 'm')
  and not coalesce(array_to_string(reloptions, ',') ~ 'security_invoker=(true|on|1|yes)', false)
order by 1"""


def refuse_open(connection: Connection) -> None:
    """Raises Refusal for the first view that shows everybody's rows to whoever may read it, with the file that makes it."""
    for view, materialized in connection.execute(text(OPEN)):
        remedy = (
            "make it a view `with (security_invoker)`" if materialized else "write `with (security_invoker)` before its `as`"
        )
        kind = "materialized view" if materialized else "view"
        raise Refusal(f"{_file(view)}: {view}: this {kind} reads past the policies of who asks: {remedy}")


def _file(view: str) -> str:
    """The newest file that says `view <name>`; a view made by hand has none."""
    paths = [path for folder in ("policies", "migrations/versions") for path in sorted((clone() / folder).rglob("*.*"))]
    naming = [path for path in paths if path.suffix in {".sql", ".py"} and _makes(path, view)]
    return str(naming[-1].relative_to(clone())) if naming else "made by hand"


def _makes(path: Path, view: str) -> bool:
    return re.search(rf"\bview\s+{re.escape(view)}\b", path.read_text()) is not None
