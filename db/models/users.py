"""Users: a person's profile, seen by themselves and the people they share a workspace with. The address is in `auth`."""

from sqlmodel import Field, SQLModel

from db.base import Row


class UserWrite(SQLModel):
    """What a person may change of themselves."""

    name: str = Field(min_length=1, max_length=100)


class User(UserWrite, Row, table=True):
    """One person."""

    __tablename__ = "users"
    __access__ = "profile"
    __update__ = UserWrite
    __routes__ = ("read",)
