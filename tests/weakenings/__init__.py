"""Every way in which somebody may weaken isolation by hand: the statement, the one that mends it, and what must be named."""

from typing import NamedTuple


class Weakening(NamedTuple):
    """Statements of a superuser, and words of the refusal."""

    weaken: str
    mend: str
    named: str
