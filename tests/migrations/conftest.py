"""Fixtures: a server of one's own, bare before each test."""

from collections.abc import Iterator

import pytest

from db.embedded import Cluster
from tests.migrations.spare import bare, spare


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A server that no other test uses."""
    with spare() as made:
        yield made


@pytest.fixture
def cluster(server: Cluster) -> Cluster:
    """The same without a role or database of ours, but for the empty database `test`."""
    bare(server)
    server.create_database("test")
    return server
