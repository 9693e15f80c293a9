"""A person at the terminal is told in one sentence what is wrong and what to do, and never shown a traceback for it."""


class Refusal(SystemExit):
    """One sentence; uncaught, Python prints it to stderr and exits with status 1."""
