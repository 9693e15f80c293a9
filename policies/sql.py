"""Splits a file of SQL into its statements, each with the comment that stands above it."""

import re
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent

# A statement ends at a semicolon that ends its line, outside a $$ body.
STATEMENT = re.compile(r"(?P<text>[a-z](?:\$\$.*?\$\$|.)*?);[ \t]*(?:\n|\Z)", re.DOTALL)
COMMENT = re.compile(r"(?:^--.*\n)+", re.MULTILINE)


class Statement(NamedTuple):
    """One statement without its semicolon, and the comment lines directly above it as one text."""

    text: str
    comment: str


def statements(path: str, **names: str) -> list[Statement]:
    """The statements of `policies/<path>`, each `{name}` replaced.

    Raises: ValueError naming the file, where text is left over that is neither statement nor comment.
    """
    source = (FOLDER / path).read_text()
    for name, value in names.items():
        source = source.replace("{" + name + "}", value)
    found: list[Statement] = []
    at = 0
    while source[at:].strip():
        at += len(source[at:]) - len(source[at:].lstrip())
        comment = COMMENT.match(source, at)
        if comment:
            at = comment.end()
        statement = STATEMENT.match(source, at)
        if statement:
            at = statement.end()
            found.append(Statement(statement["text"], _text(comment[0]) if comment else ""))
        elif not comment:
            raise ValueError(f"policies/{path}: this is no statement: {source[at : at + 60]!r}")
    return found


def _text(comment: str) -> str:
    return " ".join(line.removeprefix("--").strip() for line in comment.splitlines())
