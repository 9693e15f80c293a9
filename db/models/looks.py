"""Looks: when a DBA saw what a person sees, and why. Written by audit.become alone, read by that person, never changed."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from db.base import Table, kept


class Look(Table, table=True):
    """One look; no key binds it to the person, so that it stays when they leave."""

    __tablename__ = "looks"
    __access__ = "looks"
    __path__ = "me/looks"
    __append_only__: ClassVar[bool] = True

    id: UUID = kept("app.uuidv7()", primary_key=True)
    who: str = Field(max_length=63, description="The login of who looked.")
    whom: UUID = kept(nullable=False)
    why: str = Field(min_length=1, max_length=500)
    created_at: datetime = kept("now()", nullable=False)
    until: datetime = kept(nullable=False)

    @classmethod
    def grants(cls) -> list[tuple[str, str, tuple[str, ...]]]:
        """Nobody writes but audit.look, as app_inspector."""
        return [*super().grants(), ("app_inspector", "INSERT", ("who", "whom", "why", "until"))]

    @classmethod
    def keys(cls) -> list[Any]:
        """The person's list, and what says whether a look is live."""
        return [Index(None, "whom", "id")]
