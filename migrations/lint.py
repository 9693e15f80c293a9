"""Judges the SQL that each revision sends, with squawk: what locks, rewrites or breaks old code is argued or refused."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from migrations.steps import Step

CONFIG = Path(__file__).with_name("squawk.toml")
# What code of an earlier revision stumbles over.
BREAKING = {
    "adding-required-field",
    "ban-drop-column",
    "ban-drop-table",
    "changing-column-type",
    "renaming-column",
    "renaming-table",
}


def findings(step: Step) -> Iterator[str]:
    """What must change in this revision, or be argued in it; a reason for nothing is a finding too."""
    name, module = Path(step.script.path).name, step.script.module
    argued: dict[str, str] = getattr(module, "argued", {})
    found = squawk(step.sql)
    lines = step.sql.splitlines()
    for each in found:
        if not argued.get(each["rule_name"]):
            sql = lines[each["line"]].strip()
            yield f"{name}: {each['rule_name']}: {each['message']} {each['help'] or ''}\n    {sql}"
    rules = {each["rule_name"] for each in found}
    breaking = sorted(rules & BREAKING & argued.keys())
    if breaking and not module.serves:
        yield f"{name}: {breaking[0]} takes something from old code: set `serves` to the oldest revision that does without"
    for rule in sorted(argued.keys() - rules):
        yield f"{name}: `argued` gives a reason for {rule}, which it does not find: take it out"


def squawk(sql: str) -> list[dict[str, Any]]:
    """Its findings, as it reports them in JSON."""
    program = str(Path(sys.executable).with_name("squawk"))
    done = subprocess.run(
        [program, "--config", str(CONFIG), "--reporter", "json", "--stdin-filepath", "revision.sql"],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"squawk could not read the revision: {done.stderr or done.stdout}")
    found: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return found
