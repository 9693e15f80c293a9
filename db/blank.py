"""`make table name=… access=…`: the one file that a new table is, with columns to start from and what to do next."""

import re
import sys
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from db.models import tables
from db.refusal import Refusal
from db.settings import clone

NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Postgres cuts names at 63 bytes, and `<table>_workspace_id_id_bin_idx` has to stay whole.
LONGEST = 36
USAGE = "Say which: make table name=invoices access=tenant, where access is one of {}."

HEAD = '''"""{title}: {what}."""

{imports}

from db.base import {base}


class {row}Write(SQLModel):
    """What {writer} may change; also the columns granted for update."""

    title: str = Field(min_length=1, max_length=200)
    body: str = Field(default="", max_length=10_000)


'''
TENANT = '''class {row}Create({row}Write):
    """What {writer} sends for a new one; also the columns granted for insert."""

    workspace_id: UUID


class {row}({row}Create, TenantRow, table=True):
    """One row."""

    __tablename__ = "{table}"
    __access__ = "{access}"
    __create__ = {row}Create
    __update__ = {row}Write
    __parents__: ClassVar[dict[str, str]] = {{"workspace_id": "workspaces"}}
'''
OWNER = '''class {row}({row}Write, OwnedRow, table=True):
    """One row."""

    __tablename__ = "{table}"
    __access__ = "{access}"
    __create__ = {row}Write
    __update__ = {row}Write
'''
REFERENCE = '''"""{title}: {what}."""

from sqlmodel import Field

from db.base import Row


class {row}(Row, table=True):
    """One row."""

    __tablename__ = "{table}"
    __access__ = "{access}"

    code: str = Field(min_length=1, max_length=20, unique=True)
    name: str = Field(min_length=1, max_length=200)
'''
FIELDS = "from sqlmodel import Field, SQLModel"
OF_TENANT = f"from typing import ClassVar\nfrom uuid import UUID\n\n{FIELDS}"


class Pattern(NamedTuple):
    """What a file says: `__access__`, what the rows are, who writes them, what it imports, its base class and its classes."""

    access: str
    what: str
    writer: str = ""
    imports: str = OF_TENANT
    base: str = "TenantRow"
    template: str = HEAD + TENANT


PATTERNS = {
    "owner": Pattern("owner", "private to the user who makes them", "their owner", FIELDS, "OwnedRow", HEAD + OWNER),
    "shared": Pattern(
        "owner shared",
        "private to their owner, and to those they share one with",
        "their owner or a writer",
        FIELDS,
        "OwnedRow",
        HEAD + OWNER,
    ),
    "tenant": Pattern("tenant", "what a workspace's editors write and its members read", "an editor"),
    "authored": Pattern("tenant authored", "rows of a workspace, each changed by its author alone", "their author"),
    "reference": Pattern("reference", "what every signed-in user reads and migrations write", template=REFERENCE),
}
NEXT = """wrote {file}

Next:
  1. open it and give it your columns
  2. make revision m="add {table}"   writes the migration, and what it grants to policies/effective.sql
  3. make migrate                    or `make run`, which migrates the embedded database first
  4. make test                       attacks {table} as it attacks every table

docs/adding-a-table.md walks through it."""


def write(table: str, access: str) -> Path:
    """Makes `db/models/<table>.py`.

    Raises: Refusal, saying which name or access would do.
    """
    if access not in PATTERNS:
        raise Refusal(f"{access!r} is no access to start a table from: take one of {', '.join(PATTERNS)}")
    if not NAME.fullmatch(table) or len(table) > LONGEST:
        raise Refusal(f"{table!r} is no name for a table: take lower case letters, digits and _, {LONGEST} at most: line_items")
    if table in RESERVED_WORDS:
        raise Refusal(f"{table!r} is a word of SQL: take another name, such as {table}_rows")
    file = clone() / "db" / "models" / f"{table}.py"
    if takers := taken(table, file):
        raise Refusal(f"{table!r} is taken by {takers[0]}: take another name")
    said, what, writer, imports, base, template = PATTERNS[access]
    names = {"table": table, "title": table.replace("_", " ").capitalize(), "row": row(table), "access": said}
    file.write_text(template.format(**names, what=what, writer=writer, imports=imports, base=base))
    return file


def taken(table: str, file: Path) -> list[str]:
    """The files that have this name, for a table, its row or a pattern."""
    found = [model.__table__.info["file"] for model in tables() if table == model.__tablename__ or row(table) == model.__name__]  # type: ignore[attr-defined]
    found += [f"policies/{path.name}" for path in (clone() / "policies").glob("*.sql") if path.stem == table]
    return found + [f"db/models/{file.name}"] * file.exists()


def row(table: str) -> str:
    """The class of one row: `invoice_lines` is of InvoiceLine."""
    *words, last = table.split("_")
    for plural, singular in (
        ("ies", "y"),
        ("sses", "ss"),
        ("xes", "x"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("ss", "ss"),
        ("s", ""),
    ):
        if last.endswith(plural) and last != plural:
            last = last.removesuffix(plural) + singular
            break
    return "".join(word.capitalize() for word in (*words, last))


def main(arguments: list[str]) -> None:
    """Writes the file, and says what to do with it."""
    match arguments:
        case [table, access] if table and access:
            print(NEXT.format(file=write(table, access).relative_to(clone()), table=table))
        case _:
            raise Refusal(USAGE.format(", ".join(PATTERNS)))


if __name__ == "__main__":
    main(sys.argv[1:])
