"""The database that `make run` keeps in the clone: its passwords and keys are random, and survive between runs."""

import json
import secrets
from base64 import b64encode

import psycopg

from db import datadir
from db.embedded import DATABASE, Cluster
from db.logins import LOGINS, make_auditor, set_password
from db.seal import accept, decoded

KEYS = ("TOKEN_KEYS", SEAL_KEY := "SEAL_KEY")
PASSWORDS = [login.user for role, login in LOGINS.items() if role != "owner"]


def environment(cluster: Cluster) -> dict[str, str]:
    """The variables with which the API finds a cluster's database."""
    kept = _kept(cluster)
    urls = {login.variable: cluster.url(login.user, DATABASE, kept.get(login.user)) for login in LOGINS.values()}
    return urls | {name: kept[name] for name in KEYS}


def open_logins(cluster: Cluster) -> None:
    """Make the passwords and the seal of `environment` valid; a migration must have made the roles."""
    kept = _kept(cluster)
    with psycopg.connect(cluster.url(database=DATABASE)) as owner:
        make_auditor(owner)
        for user in PASSWORDS:
            set_password(owner, user, kept[user])
        accept(owner, decoded(kept[SEAL_KEY]))


def running_url(cluster: Cluster, role: str) -> str | None:
    """The URL of a role on the running database of `make run`, or None when none runs."""
    return environment(cluster)[LOGINS[role].variable] if cluster.running else None


def seal_key(cluster: Cluster, *, new: bool) -> str:
    """The cluster's SEAL_KEY, or another one that it has from now on."""
    kept = _kept(cluster)
    if new:
        kept[SEAL_KEY] = _random()
        datadir.write_private(cluster.folder / "secrets.json", json.dumps(kept))
    return kept[SEAL_KEY]


def _random() -> str:
    return b64encode(secrets.token_bytes(32)).decode()


def _kept(cluster: Cluster) -> dict[str, str]:
    path = cluster.folder / "secrets.json"
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    if missing := [name for name in (*KEYS, *PASSWORDS) if name not in kept]:
        kept |= {name: _random() for name in missing}
        datadir.write_private(path, json.dumps(kept))
    return kept
