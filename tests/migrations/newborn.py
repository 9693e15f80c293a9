"""Two tables that no code of ours has, one of each kind, and a pattern whose policies name columns that will change."""

LABELS = '''
"""Labels: words on a task."""

from typing import ClassVar
from uuid import UUID

from sqlmodel import Field, SQLModel

from db.base import TenantRow


class LabelWrite(SQLModel):
    """What an editor may change."""

    name: str = Field(min_length=1, max_length=50)


class LabelCreate(LabelWrite):
    """What an editor sends for a new one."""

    workspace_id: UUID
    task_id: UUID


class Label(LabelCreate, TenantRow, table=True):
    """One label."""

    __tablename__ = "labels"
    __access__ = "tenant"
    __create__ = LabelCreate
    __update__ = LabelWrite
    __parents__: ClassVar[dict[str, str]] = {"task_id": "tasks"}
'''
BOOKMARKS = '''
"""Bookmarks: private to the user who made them."""

from sqlmodel import Field, SQLModel
from sqlalchemy import BigInteger, Integer

from db.base import OwnedRow


class BookmarkWrite(SQLModel):
    """What a caller may send."""

    url: str = Field(min_length=1, max_length=100)
    hidden: bool = False
    rank: int = Field(default=1, sa_type=Integer)


class Bookmark(BookmarkWrite, OwnedRow, table=True):
    """One bookmark."""

    __tablename__ = "bookmarks"
    __access__ = "bookmarks"
    __create__ = BookmarkWrite
    __update__ = BookmarkWrite
'''
# Beside those of the pattern `owner`.
POLICIES = """
-- Hidden ones are shown to nobody.
create policy not_hidden on {table} as restrictive for select to app_user
  using (not hidden and rank > 0);

-- Ranked ones alone are shown.
create policy ranked on {table} as restrictive for select to app_user
  using (rank > 0);

-- Not the longest.
create policy short on {table} as restrictive for select to app_user
  using (char_length(url) < 90);
"""
# Reads a newborn table, in a body that Postgres plans as it makes the function, with a colon of its own.
FUNCTION = """
-- first_label: any one.
create function app.first_label() returns text
language sql stable set search_path = pg_catalog, pg_temp as $$
  select 'label: ' || name from app.labels limit 1
$$;
grant execute on function app.first_label() to app_user;
"""


def policies(catalog: list[str], table: str) -> list[str]:
    """A table's policies with their comments, and its flags, without its name."""
    mine = [line for line in catalog if f" on app.{table}:" in line or f"r app.{table} owner" in line]
    return [line.replace(f"app.{table}", "") for line in mine if not line.startswith("constraint")]


def columns(catalog: list[str], table: str, command: str) -> set[str]:
    """The columns that app_user is granted."""
    granted = f"{command} to app_user by app_owner"
    mine = [line for line in catalog if line.startswith(f"column app.{table}.") and granted in line]
    return {line.split()[1].rpartition(".")[2] for line in mine}


def triggers(catalog: list[str], table: str) -> set[str]:
    """The names of a table's triggers."""
    mine = [line for line in catalog if line.startswith("CREATE TRIGGER") and f" ON app.{table} " in line]
    return {line.split()[2] for line in mine}


def one(catalog: list[str], start: str) -> str:
    """The only line that starts so."""
    (line,) = [line for line in catalog if line.startswith(start)]
    return line
