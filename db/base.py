"""What every table has in common; a table adds its own columns and names its access pattern.

A field's Python type, limits and default are the column's: text is `text` with a CHECK of its length, a `Literal` is
`text` with a CHECK of its words, a default is the column's default too. What a caller may write is a class of its own,
`__create__` and `__update__`, and becomes both the request's body and the column grant.
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import FetchedValue, ForeignKeyConstraint, Index, MetaData, UniqueConstraint, text
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

from db.columns import free, settle
from db.patterns import within
from db.refusal import Refusal

NAMES = {
    "pk": "%(table_name)s_pkey",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}
LIVE: dict[str, Any] = {"postgresql_where": text("deleted_at is null")}
BINNED: dict[str, Any] = {"postgresql_where": text("deleted_at is not null")}


def kept(expression: str | None = None, **options: Any) -> Any:
    """A column that the database keeps and no request writes; `expression` is its SQL default."""
    # Without an expression too it is the server's: the ORM leaves the column out of an INSERT, as the grants do.
    default = text(expression) if expression else FetchedValue()
    return Field(default=None, sa_column_kwargs={"server_default": default}, **options)


class Table(SQLModel):
    """Any table of schema `app`: isolated, or it does not compile."""

    metadata = MetaData(schema="app", naming_convention=NAMES)

    __access__: ClassVar[str] = ""
    __schema__: ClassVar[str] = "app"
    __create__: ClassVar[type[SQLModel] | None] = None
    __update__: ClassVar[type[SQLModel] | None] = None
    __delete__: ClassVar[bool] = False
    __path__: ClassVar[str | None] = None
    __routes__: ClassVar[tuple[str, ...]] = ("create", "read", "update", "delete")
    __parents__: ClassVar[dict[str, str]] = {}
    __guards__: ClassVar[dict[str, str]] = {}
    __consequences__: ClassVar[dict[str, str]] = {}
    __append_only__: ClassVar[bool] = False
    __hidden__: ClassVar[tuple[str, ...]] = ()
    __unfiltered__: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def path(cls) -> str:
        """Where HTTP serves the table."""
        return f"/v1/{cls.__path__ or cls.__tablename__}"

    @classmethod
    def keys(cls) -> list[Any]:
        """Foreign keys, unique constraints and indexes beyond those of the columns."""
        return []

    @classmethod
    def grants(cls) -> list[tuple[str, str, tuple[str, ...]]]:
        """Role, command, columns: what a request may do, by column list."""
        every = tuple(cls.model_fields)
        found = [("app_user", "SELECT", every)]
        if cls.__create__:
            found.append(("app_user", "INSERT", tuple(cls.__create__.model_fields)))
        if cls.__update__:
            found.append(("app_user", "UPDATE", tuple(cls.__update__.model_fields)))
        if "deleted_at" in every:
            found += [("app_trash", "SELECT", every), ("app_trash", "UPDATE", ("deleted_at",))]
        elif cls.__delete__:
            found.append(("app_user", "DELETE", ()))
        if "shared" in cls.__access__.split():
            found.append(("app_guest", "SELECT", every))
            if cls.__update__:
                found.append(("app_guest", "UPDATE", tuple(cls.__update__.model_fields)))
        return found

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805 - SQLAlchemy hands the class
        file, name = f"{cls.__module__.replace('.', '/')}.py", f"{cls.__schema__}.{cls.__tablename__}"
        if name in cls.metadata.tables:
            other = cls.metadata.tables[name].info["file"]
            raise Refusal(f"{file}: {name}: {other} has that table already, and its path: give one of them another name")
        info = {
            "file": file,
            "access": cls.__access__,
            "within": within(cls.__access__),
            "grants": [*cls.grants(), *_lookers(cls)],
            "parents": cls.__parents__,
            "guards": cls.__guards__,
            "consequences": cls.__consequences__,
            "append_only": cls.__append_only__,
            "written": [name for name, field in cls.model_fields.items() if free(field)],
            "unfiltered": cls.__unfiltered__,
            "shadowed": sorted(_shadowed(cls)),
        }
        return (*settle(cls), *cls.keys(), {"info": info, "schema": cls.__schema__})


def _lookers(cls: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    """Who looks through a person's eyes sees what the person is shown; what answers questions for DBAs reads every column."""
    if cls.__schema__ != "app":
        return []
    shown = tuple(name for name in cls.model_fields if name not in cls.__hidden__)
    return [("app_viewer", "SELECT", shown), ("app_inspector", "SELECT", tuple(cls.model_fields))]


def _shadowed(cls: Any) -> set[str]:
    """Columns of the base classes that a table declares itself, or lets a request write; but a new row names its workspace."""
    bases = [base for base in cls.__mro__ if base.__module__ == __name__]
    kept = {name for base in bases if issubclass(base, Table) for name in base.model_fields}
    declared = {name for base in cls.__mro__ if base not in bases for name in vars(base).get("__annotations__", ())}
    changed = cls.__update__.model_fields.keys() if cls.__update__ else set()
    return kept & (declared - {"workspace_id"} | changed)


class Row(Table):
    """A row with a key and a history that the database keeps."""

    id: UUID = kept("app.uuidv7()", primary_key=True)
    created_at: datetime = kept("now()", nullable=False)
    updated_at: datetime = kept("now()", nullable=False)
    created_by: UUID | None = kept("app.claimed_user_id()")
    updated_by: UUID | None = kept("app.claimed_user_id()")
    version: int = kept("1", nullable=False)

    @classmethod
    def keys(cls) -> list[Any]:
        """An erased person's name leaves the rows of others; the indexes find those rows."""
        return [
            ForeignKeyConstraint(["created_by"], ["app.users.id"], ondelete="SET NULL"),
            ForeignKeyConstraint(["updated_by"], ["app.users.id"], ondelete="SET NULL"),
            Index(None, "created_by"),
            Index(None, "updated_by"),
        ]


class OwnedRow(Row):
    """A row that belongs to one user and goes to that user's bin."""

    owner_id: UUID = kept("app.claimed_user_id()", nullable=False)
    deleted_at: datetime | None = kept()

    @classmethod
    def keys(cls) -> list[Any]:
        """Lists and bin page by key within the owner; the plain index serves the erasing of a person."""
        # What shares refer to, (owner_id, id), is declared unique and serves the erasing too.
        plain = [] if "shared" in cls.__access__.split() else [Index(None, "owner_id")]
        return [
            *super().keys(),
            ForeignKeyConstraint(["owner_id"], ["app.users.id"], ondelete="CASCADE"),
            *plain,
            *_inside(cls, "owner_id"),
        ]


class TenantRow(Row):
    """A row of a workspace, in the bin with its parent or by itself."""

    workspace_id: UUID = kept(nullable=False)
    deleted_at: datetime | None = kept()

    @classmethod
    def keys(cls) -> list[Any]:
        """A row cannot point into another workspace: every key to a parent carries the tenant."""
        return [
            *super().keys(),
            ForeignKeyConstraint(["workspace_id"], ["app.workspaces.id"]),
            # Declared here and not where a child first needs it, since it serves the key to the workspace too.
            *([] if _parents(cls, "workspace_id") else [UniqueConstraint("workspace_id", "id")]),
            *_inside(cls, "workspace_id"),
        ]


def _parents(cls: type[Table], apart: str) -> dict[str, str]:
    return {column: parent for column, parent in cls.__parents__.items() if column != apart}


def _inside(cls: type[Table], apart: str) -> list[Any]:
    """Pages of live rows and of the bin, and keys to parents with their own, all within the owner or tenant."""
    made: list[Any] = [
        Index(f"{cls.__tablename__}_{apart}_id_idx", apart, "id", **LIVE),
        Index(f"{cls.__tablename__}_{apart}_id_bin_idx", apart, "id", **BINNED),
    ]
    for column, parent in _parents(cls, apart).items():
        made.append(ForeignKeyConstraint([apart, column], [f"app.{parent}.{apart}", f"app.{parent}.id"]))
        made.append(Index(None, apart, column, "id"))
    return made
