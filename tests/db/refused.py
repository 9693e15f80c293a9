"""What importing the models says to one more file in `db/models`, for many such files in one process: each in a fork of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

FORKS = """
import json, os, sys
import sqlmodel, sqlalchemy.dialects.postgresql, pydantic_settings, psycopg.conninfo
answers = {}
for name, files in json.load(sys.stdin).items():
    made, (reading, writing) = list(files), os.pipe()
    for path, text in files.items():
        with open(path, "w") as file:
            file.write(text)
    if not os.fork():
        said = "imported"
        try:
            import db.models
        except SystemExit as refusal:
            said = str(refusal)
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with open(reading) as answer:
        answers[name] = answer.read()
    os.wait()
    for path in made:
        os.remove(path)
print(json.dumps(answers))
"""


def answers(folder: Path, cases: dict[str, dict[str, str]]) -> dict[str, str]:
    """For each name of a set of files, by path, what was said; `folder` has a copy of `db` and `policies`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-B", "-c", FORKS],
        cwd=folder,
        env=environment,
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found
