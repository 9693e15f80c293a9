"""Credentials: an address and a password's hash, in a schema that requests cannot enter."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint
from sqlmodel import Field

from db.base import Table as Base
from db.base import kept


class Credential(Base, table=True):
    """One person's way to sign in; the address is stored in lower case."""

    __tablename__ = "credentials"
    __access__ = "credentials"
    __schema__ = "auth"
    __hidden__ = ("password_hash",)

    user_id: UUID = kept("app.uuidv7()", primary_key=True)
    email: str = Field(min_length=3, max_length=320, unique=True)
    password_hash: str = Field(min_length=1, max_length=500)
    created_at: datetime = kept("now()", nullable=False)
    updated_at: datetime = kept("now()", nullable=False)
    disabled_at: datetime | None = kept()
    unverified: bool = kept("false", nullable=False)

    @classmethod
    def grants(cls) -> list[tuple[str, str, tuple[str, ...]]]:
        """app_auth reads; auth.sign_up writes."""
        return [("app_auth", "SELECT", ("user_id", "email", "password_hash"))]

    @classmethod
    def keys(cls) -> list[Any]:
        """Credentials go with their person."""
        return [ForeignKeyConstraint(["user_id"], ["app.users.id"], ondelete="CASCADE")]
