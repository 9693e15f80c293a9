"""Shares: each table of the pattern `shared` has a table beside it that says who else may read or write one of its rows."""

import re
import uuid
from functools import cache
from typing import Any, Literal

from pydantic import AwareDatetime, create_model
from sqlalchemy import (
    ARRAY,
    UUID,
    CheckConstraint,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Text,
    any_,
    cast,
    func,
    literal,
    select,
)
from sqlmodel import Field, SQLModel
from sqlmodel.main import SQLModelMetaclass

from db.base import Row, Table, kept

Role = Literal["reader", "writer"]


class ShareCreate(SQLModel):
    """What a row's owner says of a share."""

    role: Role = Field(default="reader", sa_type=Text)
    expires_at: AwareDatetime | None = Field(
        default=None, description="No end where it is null.", schema_extra={"examples": ["2999-01-01T00:00:00Z"]}
    )


class Share(Row):
    """One share: an offer until somebody accepts it, then theirs."""

    __access__ = "shares"
    __delete__ = True
    __routes__ = ("read", "delete")
    __hidden__ = ("token_hash",)

    owner_id: uuid.UUID = kept("app.claimed_user_id()", nullable=False)
    user_id: uuid.UUID | None = kept()

    @classmethod
    def keys(cls) -> list[Any]:
        """A share names a row of its owner's, or none; what is shared with somebody is read from one index alone."""
        name, (column, parent) = cls.__tablename__, *cls.__parents__.items()
        held: dict[str, Any] = {"unique": True, "postgresql_include": ["role", "expires_at", "token_hash"]}
        return [
            *super().keys(),
            ForeignKeyConstraint(["owner_id"], ["app.users.id"], ondelete="CASCADE"),
            ForeignKeyConstraint(["user_id"], ["app.users.id"], ondelete="CASCADE"),
            ForeignKeyConstraint(["owner_id", column], [f"app.{parent}.owner_id", f"app.{parent}.id"], ondelete="CASCADE"),
            CheckConstraint("num_nulls(user_id, token_hash) = 1", name="open_or_held"),
            CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
            Index(f"{name}_owner_id_{column}_id_idx", "owner_id", column, "id"),
            Index(f"{name}_user_id_{column}_key", "user_id", column, **held),
        ]


def row_of(share: type[Share]) -> str:
    """The column that names the shared row."""
    return next(iter(share.__parents__))


@cache
def share_of(model: type[Table]) -> type[Share]:
    """The class of the table of a table's shares: `note_shares` for `Note`, naming its row in `note_id`."""
    one = re.sub(r"(?<!^)(?=[A-Z])", "_", model.__name__).lower()
    stored: dict[str, Any] = {f"{one}_id": (uuid.UUID, ...), "token_hash": (bytes | None, None)}
    insert = create_model(f"{model.__name__}ShareInsert", __base__=ShareCreate, **stored)
    says = {
        "__doc__": f"One share of a row of {model.__tablename__}.",
        "__module__": model.__module__,
        "__tablename__": f"{one}_shares",
        "__parents__": {f"{one}_id": str(model.__tablename__)},
        "__create__": insert,
        # Served under the rows that are shared.
        "__path__": model.__path__ or str(model.__tablename__),
    }
    made: Any = SQLModelMetaclass(f"{model.__name__}Share", (insert, Share), says, table=True)
    return made  # type: ignore[no-any-return]


def shared_with_me(model: Any) -> ColumnElement[bool]:
    """Rows that others share with the caller; policies say so too, this says which of those that they show a list is of."""
    rows = getattr(func.app, f"shared_{model.__tablename__}")(literal("reader", Text()), type_=ARRAY(UUID()))
    # The cast makes it an array to look into: without one, `any (select …)` is a query whose rows are arrays.
    return model.id == any_(cast(select(rows).scalar_subquery(), ARRAY(UUID())))  # type: ignore[no-any-return]
