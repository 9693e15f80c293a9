"""Factors: what a person shows beside the password: a secret shared with their authenticator, and recovery codes, hashed."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, text
from sqlmodel import Field

from db.base import Table, kept


class Factor(Table, table=True):
    """A secret, sealed with a key that the database does not have, of no use before it is confirmed; or one recovery code."""

    __tablename__ = "factors"
    __access__ = "factors"
    __schema__ = "auth"

    user_id: UUID = kept(primary_key=True)
    secret: bytes = kept(primary_key=True)
    kind: Literal["totp", "recovery"] = Field(sa_type=Text)
    confirmed: bool = kept("false", nullable=False)
    last_step: int = kept("0", nullable=False)
    created_at: datetime = kept("now()", nullable=False)

    @classmethod
    def grants(cls) -> list[tuple[str, str, tuple[str, ...]]]:
        """Nobody's: functions of schema auth read and write them."""
        return []

    @classmethod
    def keys(cls) -> list[Any]:
        """A factor goes with its person, who has one secret at most."""
        return [
            ForeignKeyConstraint(["user_id"], ["app.users.id"], ondelete="CASCADE"),
            CheckConstraint("octet_length(secret) between 32 and 100", name="secret"),
            Index("factors_user_id_totp_idx", "user_id", unique=True, postgresql_where=text("kind = 'totp'")),
        ]
