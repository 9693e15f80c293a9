"""The revisions that this code knows, read from the folder `migrations/versions` by name alone."""

from functools import cache

from db.settings import clone


@cache
def known() -> set[str]:
    """Every revision; a file is named `<revision>_<what it does>.py`, in order."""
    return {path.name.partition("_")[0] for path in (clone() / "migrations" / "versions").glob("[0-9]*.py")}


def head() -> str:
    """The revision that this code needs."""
    return max(known())
