"""Judges a migrated database with pgrls, the field's linter of row security, by `pgrls.toml`."""

import json
import os
import subprocess
import sys
from pathlib import Path

from db.settings import psycopg_url

CONFIG = Path(__file__).with_name("pgrls.toml")


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
    return [(each["rule_id"], each["location"], each["message"]) for each in json.loads(done.stdout)["violations"]]
