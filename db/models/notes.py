"""Notes: private to the user who wrote them, and to those that they share one with."""

from sqlmodel import Field, SQLModel

from db.base import OwnedRow


class NoteWrite(SQLModel):
    """What a caller may send; also the columns granted for insert and update."""

    title: str = Field(min_length=1, max_length=200)
    body: str = Field(default="", max_length=100_000)


class Note(NoteWrite, OwnedRow, table=True):
    """One note."""

    __tablename__ = "notes"
    __access__ = "owner shared"
    __create__ = NoteWrite
    __update__ = NoteWrite
