"""Splits a file of SQL into its statements, each with the comment that stands above it."""

import re
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent

# A statement ends at a semicolon that ends its line, outside a $$ body.
STATEMENT = re.compile(r"(?P<text>[a-z](?:\$\$.*?\$\$|.)*?);[ \t]*(?:\n|\Z)", re.DOTALL)
COMMENT = re.compile(r"(?:^--.*\n)+", re.MULTILINE)


class Refused(ValueError):
    """One sentence: which file, which table, and what to write instead."""


class Statement(NamedTuple):
    """One statement without its semicolon, and the comment lines directly above it as one text."""

    text: str
    comment: str


def source(path: str) -> str:
    """The text of `policies/<path>`."""
    return (FOLDER / path).read_text()


def statements(path: str, **names: str) -> list[Statement]:
    """The statements of `policies/<path>`, each `{name}` replaced.

    Raises: Refused naming the file, where text is left over that is neither statement nor comment.
    """
    text = source(path)
    for name, value in names.items():
        text = text.replace("{" + name + "}", value)
    found: list[Statement] = []
    at = 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        comment = COMMENT.match(text, at)
        if comment:
            at = comment.end()
        statement = STATEMENT.match(text, at)
        if statement:
            at = statement.end()
            found.append(Statement(statement["text"], _text(comment[0]) if comment else ""))
        elif not comment:
            raise Refused(f"policies/{path}: this is no statement: {text[at : at + 60]!r}")
    return found


def _text(comment: str) -> str:
    return " ".join(line.removeprefix("--").strip() for line in comment.splitlines())
