"""`python -m db.rotate add|retire`: seal keys follow one another while requests go on; two are good at once.

Add the new key, give every API the new SEAL_KEY, retire the old: no request meets a key that is unknown.
"""

import os
import sys

import psycopg

from db import local
from db.embedded import DATABASE, RUN, Cluster
from db.logins import given_url
from db.refusal import Refusal
from db.seal import accept, decoded, retire


def main(words: list[str]) -> None:
    """Runs one command."""
    if words not in (["add"], ["retire"]):
        raise Refusal("Say one of: add, retire.")
    url, key = _where(new=words == ["add"])
    try:
        with psycopg.connect(url) as owner:
            if words == ["add"]:
                accept(owner, key)
                print("the database knows this SEAL_KEY beside those before: give it to every API, then `make retire-seal`")
            else:
                print(f"the database knows this SEAL_KEY alone; it forgot {retire(owner, key)}")
    except (ValueError, psycopg.Error) as error:
        raise Refusal(f"no seal key was changed: {error}") from error


def _where(*, new: bool) -> tuple[str, bytes]:
    url, cluster = given_url("owner"), Cluster(RUN)
    try:
        if url is not None:
            return url, decoded(os.environ.get("SEAL_KEY", ""))
        if cluster.running:
            # The API that runs keeps the old key until it is started again.
            return cluster.url(database=DATABASE), decoded(local.seal_key(cluster, new=new))
    except ValueError as error:
        raise Refusal(f"{error}, and give the same one to the API") from error
    raise Refusal("No database is running here: start one with `make run`, or set OWNER_DATABASE_URL and SEAL_KEY.")


if __name__ == "__main__":
    main(sys.argv[1:])
