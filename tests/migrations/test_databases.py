"""Databases of one cluster: each is closed to whoever is not named, and their roles are made once, whoever comes first."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from db.embedded import Cluster
from migrations.run import ROLES, roles
from tests.migrations.catalog import value
from tests.migrations.spare import as_superuser, bare

REQUEST_ROLES = ("app_user", "app_guest", "app_trash", "app_viewer", "app_api", "app_auth", "app_auditor")


def test_database_is_closed_to_everybody_who_is_not_named(cluster: Cluster) -> None:
    url = cluster.url(database="test")
    roles(url)
    as_superuser(cluster, "create role stranger login password 'x'", "alter role app_api password 'x'")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(cluster.url(user="stranger", password="x", database="test"))
    for role in ("stranger", *REQUEST_ROLES):
        assert value(url, f"select has_database_privilege('{role}', 'test', 'temporary')") is False, role
        assert value(url, f"select has_database_privilege('{role}', 'test', 'create')") is False, role
        creates = f"select count(*) from pg_namespace where has_schema_privilege('{role}', oid, 'create')"
        assert value(url, f"{creates} and nspname !~ '^pg_(toast_)?temp'") == 0, role
    with psycopg.connect(cluster.url(user="app_api", password="x", database="test")) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="temporary tables"):
            connection.execute("create temporary table planted (id uuid)")
        connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for schema"):
            connection.execute("create function app.planted() returns int language sql return 1")


def test_roles_that_another_database_makes_meanwhile_are_found(cluster: Cluster) -> None:
    cluster.create_database("test_other")
    waits = "select count(*) from pg_stat_activity where datname = 'test_other' and wait_event_type = 'Lock'"
    with psycopg.connect(cluster.url(database="test")) as first, ThreadPoolExecutor(1) as threads:
        first.execute(ROLES.read_bytes())
        second = threads.submit(roles, cluster.url(database="test_other"))
        while not value(cluster.url(), waits):
            assert not second.done(), second.exception()
        first.commit()
        second.result()
    assert value(cluster.url(database="test_other"), "select count(*) from pg_namespace where nspname = 'app'") == 1


def test_roles_of_many_databases_at_once_do_not_collide(cluster: Cluster) -> None:
    names = [f"test{number}" for number in range(6)]
    for name in names:
        cluster.create_database(name)
    with ThreadPoolExecutor(len(names)) as threads:
        list(threads.map(roles, [cluster.url(database=name) for name in names]))
    for name in names:
        assert value(cluster.url(database=name), "select count(*) from pg_namespace where nspname = 'app'") == 1
    bare(cluster)
