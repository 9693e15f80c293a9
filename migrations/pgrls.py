"""Judges a migrated database with pgrls, the field's linter of row security, by `pgrls.toml`."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from db.settings import psycopg_url

CONFIG = Path(__file__).with_name("pgrls.toml")
# Argued here and not in pgrls.toml, which names tables: each has the policy of policies/inspected.sql, and each to come will.
# It shows app_inspector every row, and is to; nobody becomes that role, and audit.rule_owner_members says who does.
# Each parent has those of policies/parent.sql: triggers that nobody may call see and hold it as app_owner, and change nothing.
EVERYWHERE = {(rule, "select_inspector") for rule in ("SEC005", "SEC008", "SEC038")}
EVERYWHERE |= {("SEC005", "select_parent"), ("SEC005", "hold_parent"), ("SEC010", "hold_parent")}
LIVE = re.compile(r"app\.\w+_live_\w+")


def findings(url: str, config: Path = CONFIG) -> list[tuple[str, str, str]]:
    """Rule, object and message of each. The URL has a password: it goes by the environment, which others cannot read."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("pgrls")), "lint", "--config", str(config), "--format", "json"],
        env=os.environ | {"PGRLS_DATABASE_URL": psycopg_url(url)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"pgrls did not run: {done.stderr or done.stdout}")
    found = [(each["rule_id"], each["location"], each["message"]) for each in json.loads(done.stdout)["violations"]]
    found = [each for each in found if (each[0], each[1].rpartition(".")[2]) not in EVERYWHERE]
    return [each for each in found if each[0] != "SEC014" or not LIVE.fullmatch(each[1])]
