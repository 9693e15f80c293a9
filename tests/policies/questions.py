"""Asks psql what policies/questions.md asks: `python -m tests.policies.questions` writes the answers into it."""

import re
import subprocess

from db.account import binaries
from db.logins import apart
from migrations.fresh import fresh_url
from policies.sql import FOLDER

FILE = FOLDER / "questions.md"
BLOCK = re.compile(r"(?<=^```\n)rowkeep=> (?P<question>.*)\n(?:.*\n)*?(?=```$)", re.MULTILINE)


def answer(url: str, question: str) -> str:
    """What psql prints to a DBA who has what app_auditor has."""
    where, password = apart(url)
    said = subprocess.run(
        [binaries() / "psql", "--no-psqlrc", "--quiet", where],
        input=f"set role app_auditor;\n{question}\n",
        env={"PGPASSWORD": password or "", "PGCLIENTENCODING": "UTF8"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not said.stderr, said.stderr
    return "".join(f"{line.rstrip()}\n" for line in said.stdout.rstrip().splitlines())


def answered(url: str, text: str) -> str:
    """The text with every answer as it is now."""
    return BLOCK.sub(lambda block: f"rowkeep=> {block['question']}\n{answer(url, block['question'])}", text)


if __name__ == "__main__":
    with fresh_url() as fresh:
        FILE.write_text(answered(fresh, FILE.read_text()))
