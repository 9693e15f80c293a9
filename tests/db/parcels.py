"""Files for `db/models` that are refused, each with the sentence that says why."""

FILE = "db/models/parcels.py"
TENANT = '''
"""Parcels: what a workspace sends."""

import enum
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from db.base import OwnedRow, Row, TenantRow, kept


class ParcelWrite(SQLModel):
    label: str = Field(max_length=100)
    # write


class ParcelCreate(ParcelWrite):
    workspace_id: UUID
    task_id: UUID


class Parcel(ParcelCreate, TenantRow, table=True):
    __tablename__ = "parcels"
    __access__ = "tenant"
    __create__ = ParcelCreate
    __update__ = ParcelWrite
    __parents__: ClassVar[dict[str, str]] = {"task_id": "tasks"}
    # own

    @classmethod
    def keys(cls) -> list[Any]:
        return [*super().keys()]
'''
OWNER = (
    TENANT.replace("    workspace_id: UUID\n    task_id: UUID\n", "    pass\n")
    .replace("TenantRow, table", "OwnedRow, table")
    .replace('    __parents__: ClassVar[dict[str, str]] = {"task_id": "tasks"}\n', "")
    .replace('"tenant"', '"owner"')
)
INHERITED = "[*super().keys()]"
SELF = 'ForeignKeyConstraint(["workspace_id", "of_id"], ["app.parcels.workspace_id", "app.parcels.id"]'


def keyed(*keys: str) -> tuple[str, str]:
    """More keys."""
    return INHERITED, f"[*super().keys(), {', '.join(keys)}]"


# Name: the file, what is changed in it, and what is said after "db/models/parcels.py: app.parcels: ".
CASES: dict[str, tuple[str, list[tuple[str, str]], str]] = {
    "no access pattern": (TENANT, [('    __access__ = "tenant"\n', "")], "it names no access pattern: write `__access__ = "),
    "a pattern that is not there": (TENANT, [('"tenant"', '"tennant"')], r"there is no policies/tennant\.sql .*: name one of "),
    "a pattern that keeps nothing apart": (
        TENANT,
        [('"tenant"', '"authored"')],
        "policies/authored.sql does not say .*-- fence",
    ),
    "a missing column": (
        TENANT.replace('{"task_id": "tasks"}', "{}"),
        [("TenantRow, table", "Row, table"), ("workspace_id: UUID", "other: UUID")],
        "policies/tenant.sql needs workspace_id uuid not null, and there is no such column: derive from",
    ),
    "a column that may be null": (
        OWNER,
        [("OwnedRow, table", "Row, table"), ("# own", "owner_id: UUID | None = kept('app.claimed_user_id()')")],
        "needs owner_id uuid not null default app.claimed_user_id.., and it may be null: derive from",
    ),
    "a column without its default": (
        OWNER,
        [("OwnedRow, table", "Row, table"), ("# own", "owner_id: UUID = kept(nullable=False)")],
        "needs owner_id uuid not null default app.claimed_user_id.., and its default is missing: derive from",
    ),
    "a column with another default": (
        OWNER,
        [("OwnedRow, table", "Row, table"), ("# own", "owner_id: UUID = kept('app.uuidv7()', nullable=False)")],
        "needs owner_id uuid not null default app.claimed_user_id.., and its default is app.uuidv7..: derive from",
    ),
    "a column of another type": (
        OWNER,
        [("OwnedRow, table", "Row, table"), ("# own", "owner_id: int = kept('7', nullable=False)")],
        "needs owner_id uuid not null default app.claimed_user_id.., and it is integer: derive from",
    ),
    "a key that forgets the tenant": (
        TENANT,
        [("# write", "of_id: UUID"), keyed('ForeignKeyConstraint(["of_id"], ["app.tasks.id"])', 'Index(None, "of_id")')],
        r"the foreign key \(of_id\) to app.tasks forgets the owner or tenant, .*: make it \(workspace_id, …\)",
    ),
    "a key of an owner's row into a workspace": (
        OWNER,
        [("# write", "of_id: UUID"), keyed('ForeignKeyConstraint(["of_id"], ["app.tasks.id"])', 'Index(None, "of_id")')],
        r"the foreign key \(of_id\) to app.tasks forgets the owner or tenant, .*: keep the id without a foreign key",
    ),
    "a key to anybody": (
        TENANT,
        [("# write", "for_id: UUID"), keyed('ForeignKeyConstraint(["for_id"], ["app.users.id"])', 'Index(None, "for_id")')],
        r"the foreign key \(for_id\) to app.users forgets .*: point \(workspace_id, …\) at app.memberships",
    ),
    "a key to any workspace": (
        OWNER,
        [
            ("# write", "for_id: UUID"),
            keyed('ForeignKeyConstraint(["for_id"], ["app.workspaces.id"])', 'Index(None, "for_id")'),
        ],
        r"the foreign key \(for_id\) to app.workspaces forgets",
    ),
    "a parent in nobody's workspace": (
        TENANT,
        [('"tasks"', '"notes"')],
        "points at app.notes.workspace_id, which is not there: name a",
    ),
    "a parent that is not there": (TENANT, [('"tasks"', '"taskz"')], "points at app.taskz.* which is not there: name a parent"),
    "a parent without a key": (
        OWNER,
        [("# own", '__parents__ = {"label": "tasks"}'), ("*super().keys()", "")],
        "no foreign key does: add",
    ),
    "a unique text": (
        TENANT,
        [("max_length=100", "max_length=100, unique=True")],
        r"unique \(label\) tells .*: begin it with workspace_id",
    ),
    "a unique expression": (
        OWNER,
        [keyed('Index("parcels_l_idx", text("lower(label)"), unique=True)')],
        r"unique \(an expression\) tells",
    ),
    "a unique constraint that ends in the tenant": (
        TENANT,
        [keyed('UniqueConstraint("label", "workspace_id")')],
        r"unique \(label, workspace_id\) tells",
    ),
    "a key that can be guessed": (
        TENANT,
        [("# own", "id: int = kept(primary_key=True)")],
        r"unique \(id\) tells",
    ),
    "a text without an end": (
        TENANT,
        [("Field(max_length=100)", "'x'")],
        "label is text without a limit: give its Field max_length",
    ),
    "bytes without an end": (TENANT, [("# write", "scan: bytes")], "scan is text without a limit"),
    "a list that no index serves": (
        OWNER,
        [
            (
                INHERITED,
                "[*Row.keys.__func__(cls), ForeignKeyConstraint(['owner_id'], ['app.users.id']), Index(None, 'owner_id')]",
            )
        ],
        r"no index serves its list in the order \(owner_id, id\) where deleted_at is null: add `Index",
    ),
    "a list of a parent that no index serves": (
        TENANT,
        [(INHERITED, "[key for key in super().keys() if getattr(key, 'name', '') or not isinstance(key, Index)]")],
        r"no index serves its list in the order \(workspace_id, task_id, id\) where deleted_at is null: add `Index",
    ),
    "a key without an index": (
        TENANT,
        [("# write", "of_id: UUID | None"), keyed(f"{SELF})")],
        r"the foreign key \(workspace_id, of_id\) has no index: add `Index\(None, \"workspace_id\", \"of_id\"\)`",
    ),
    "a key whose index is partial": (
        TENANT,
        [
            ("# write", "of_id: UUID | None"),
            keyed(f"{SELF})", 'Index(None, "workspace_id", "of_id", postgresql_where=text("deleted_at is null"))'),
        ],
        r"the foreign key \(workspace_id, of_id\) has no index",
    ),
    "an amount in numeric": (
        TENANT,
        [("# write", "price: Decimal")],
        "price is numeric, whose operators are not leakproof, .*: make it",
    ),
    "an enum": (
        TENANT,
        [("# write", "kind: enum.Enum('Kind', 'a b')")],
        "kind is app.kind, whose operators are not leakproof, .*: make it",
    ),
    "jsonb": (
        TENANT,
        [("# write", "meta: dict[str, Any] = Field(sa_type=JSONB)")],
        "meta is jsonb, whose operators .* or name it in",
    ),
    "an index that cannot serve": (
        TENANT,
        [
            ("# write", "meta: dict[str, Any] = Field(sa_type=JSONB)"),
            ("# own", "__unfiltered__ = ('meta',)"),
            keyed("Index(None, 'workspace_id', 'meta')"),
        ],
        "meta is named in `__unfiltered__` and has an index that nothing could use: drop one",
    ),
    "a cascade over rows of others": (
        TENANT,
        [("# write", "of_id: UUID | None"), keyed(f'{SELF}, ondelete="CASCADE")', 'Index(None, "workspace_id", "of_id")')],
        r"the foreign key \(workspace_id, of_id\) deletes rows that somebody else may own, .*: leave `ondelete` out",
    ),
    "a cascade from who made it": (
        TENANT,
        [
            (
                INHERITED,
                (
                    "[key for key in super().keys() if 'created_by' not in getattr(key, 'column_keys', ())] + "
                    "[ForeignKeyConstraint(['created_by'], ['app.users.id'], ondelete='cascade')]"
                ),
            )
        ],
        r"the foreign key \(created_by\) deletes rows that somebody else may own",
    ),
    "a column that the database keeps": (
        TENANT,
        [("# write", "version: str = Field(max_length=9)")],
        "version is named like a column that",
    ),
    "an owner that a request writes": (
        OWNER,
        [("# write", "owner_id: UUID")],
        "owner_id is named like a column that the database keeps",
    ),
    "a workspace that a request changes": (
        TENANT,
        [("# write", "workspace_id: UUID")],
        "workspace_id is named like a column that the",
    ),
    "a column that Postgres has": (
        TENANT,
        [("# write", "ctid: str = Field(max_length=9)")],
        "ctid is named like a column that Postgres",
    ),
    "a path that is taken": (
        TENANT,
        [('"parcels"', '"notes"')],
        "db/models/notes.py has that table already, and its path: give one",
    ),
}
