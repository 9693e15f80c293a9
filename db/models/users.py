"""Users: a person's profile, seen by themselves and the people they share a workspace with. The address is in `auth`."""

from sqlmodel import Field, SQLModel

from db.base import Row, kept


class UserWrite(SQLModel):
    """What a person may change of themselves."""

    name: str = Field(min_length=1, max_length=100)


class User(UserWrite, Row, table=True):
    """One person, or a service account: somebody who never signs in, and belongs to one workspace."""

    __tablename__ = "users"
    __access__ = "profile"
    __update__ = UserWrite
    __routes__ = ("read",)

    service: bool = kept("false", nullable=False)
