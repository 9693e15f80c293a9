"""A mutant is one weakening of the database as SQL, and a verdict is what the tests made of it."""

from typing import NamedTuple


class Layer(NamedTuple):
    """Something else that may stop what a mutant lets through, and the SQL that takes it away."""

    name: str
    sql: str


class Mutant(NamedTuple):
    """One weakening; `layers` are tried in order where no test notices it while they stand."""

    subject: str  # a table or a function, with its schema
    part: str  # the policy, grant, trigger, … of it
    change: str
    sql: str
    layers: tuple[Layer, ...] = ()
    hints: str = ""  # words that are likely in the id of a test that notices: commands and roles

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"{self.subject} {self.part}: {self.change}"


class Killer(NamedTuple):
    """A test that notices a mutant, once a layer is gone where it names one."""

    test: str
    layer: str = ""


class Verdict(NamedTuple):
    """What became of a mutant: killed by a test, or by one once a layer was gone, or not."""

    fate: str  # killed, contained, stillborn or SURVIVED
    by: str = ""
    layer: str = ""
    seen: str = ""  # by a test that looks at many things, the first that has changed
    seconds: float = 0.0
    clones: int = 0
    tests: int = 0


KILLED, CONTAINED, STILLBORN, SURVIVED = "killed", "contained", "stillborn", "SURVIVED"
