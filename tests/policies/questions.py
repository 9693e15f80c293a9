"""Asks psql what policies/questions.md asks: `python -m tests.policies.questions` writes the answers into it."""

import re
import subprocess

from db.account import binaries
from db.logins import apart
from migrations.fresh import fresh_url
from policies.sql import FOLDER

FILE = FOLDER / "questions.md"
BLOCK = re.compile(r"(?<=^```\n)rowkeep=> (?P<question>.*)\n(?:.*\n)*?(?=```$)", re.MULTILINE)


# Whom the last questions are about; nothing of it stays.
WORLD = """
begin;
insert into app.users (id, name) values ('00000000-0000-7000-8000-00000000000a', 'ada'),
  ('00000000-0000-7000-8000-00000000000b', 'bob');
insert into app.notes (id, owner_id, title)
  values ('00000000-0000-7000-8000-0000000000a1', '00000000-0000-7000-8000-00000000000a', 'ada''s');
insert into app.workspaces (id, name) values ('00000000-0000-7000-8000-0000000000f1', 'both');
insert into app.memberships (workspace_id, user_id, role)
  values ('00000000-0000-7000-8000-0000000000f1', '00000000-0000-7000-8000-00000000000a', 'owner'),
    ('00000000-0000-7000-8000-0000000000f1', '00000000-0000-7000-8000-00000000000b', 'viewer');
insert into app.projects (id, workspace_id, name)
  values ('00000000-0000-7000-8000-0000000000b1', '00000000-0000-7000-8000-0000000000f1', 'a project');
"""


def answer(url: str, question: str) -> str:
    """What psql prints to a DBA who has what app_auditor has."""
    where, password = apart(url)
    said = subprocess.run(
        [binaries() / "psql", "--no-psqlrc", "--quiet", where],
        input=f"{WORLD}\nset role app_auditor;\n{question}\n",
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
