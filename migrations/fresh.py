"""Databases that are thrown away, on a server of their own: what this code makes, to write or to compare from."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db.embedded import Cluster
from migrations.run import roles, upgrade


@contextmanager
def empty_url() -> Iterator[str]:
    """The owner's URL of a database that is thrown away; its roles are there, and nothing else."""
    with (
        tempfile.TemporaryDirectory(prefix="rowkeep-") as folder,
        Cluster(Path(folder) / "data", durable=False) as cluster,
    ):
        cluster.create_database("fresh")
        roles(cluster.url(database="fresh"))
        yield cluster.url(database="fresh")


@contextmanager
def fresh_url() -> Iterator[str]:
    """The same, migrated."""
    with empty_url() as url:
        upgrade(url)
        yield url
