"""The login that migrates needs no superuser: on managed Postgres it owns the database and may create roles, no more."""

from collections.abc import Callable

import psycopg
import pytest
from alembic import command

from db.embedded import Cluster
from db.logins import set_password
from db.refusal import Refusal
from migrations import check, head, upgrade
from migrations.run import config, downgrade, roles
from policies import effective
from tests.migrations.catalog import at, do, snapshot, value
from tests.migrations.spare import as_superuser

OWNERS = """
select array_agg(distinct relowner::regrole::text) from pg_class
where relnamespace in ('app'::regnamespace, 'auth'::regnamespace, 'audit'::regnamespace)"""


@pytest.fixture
def managed(cluster: Cluster) -> str:
    """The URL of a login that a provider's console would give."""
    as_superuser(
        cluster,
        "create role provider_login login password 'x' createrole nosuperuser nobypassrls",
        "alter database test owner to provider_login",
    )
    return cluster.url(user="provider_login", password="x", database="test")


def test_upgrade_needs_no_superuser(managed: str, cluster: Cluster) -> None:
    upgrade(managed)
    url = cluster.url(database="test")
    assert at(url) == head()
    check(managed)
    with psycopg.connect(managed) as connection:
        assert not effective.stale(effective.effective(connection))
    assert value(url, OWNERS) == ["app_owner"]
    before = snapshot(url)
    upgrade(managed)
    assert snapshot(url) == before
    downgrade(managed, "base")
    upgrade(managed)
    assert snapshot(url) == before


def test_what_only_a_superuser_may_revoke_is_found_and_no_failure(managed: str, cluster: Cluster) -> None:
    found = "select array_agg(distinct rule) from audit.findings where object ~ 'terminate_backend|lo_create|language'"
    upgrade(managed)
    url = cluster.url(database="test")
    assert value(url, found) == ["server_function"]
    roles(url)
    assert value(url, found) is None
    roles(managed)
    check(managed)
    assert value(url, "select differences from audit.state()") == []


def test_provider_login_gives_the_logins_their_passwords(managed: str, cluster: Cluster) -> None:
    upgrade(managed)
    with psycopg.connect(managed) as connection:
        set_password(connection, "app_api", "secret")
    with psycopg.connect(cluster.url(user="app_api", password="secret", database="test")) as connection:
        assert connection.execute("select head from audit.state()").fetchone() == (head(),)
        connection.execute("set role app_user")
        assert connection.execute("select id from app.notes").fetchall() == []


def test_provider_login_mends_roles_that_it_made(managed: str, cluster: Cluster) -> None:
    roles(managed)
    do(managed, "alter role app_api inherit createrole", "revoke app_user from app_api", "grant app_user to app_api")
    assert value(cluster.url(), "select pg_has_role('app_api', 'app_user', 'usage')") is True
    roles(managed)
    assert value(cluster.url(), "select pg_has_role('app_api', 'app_user', 'usage')") is False
    assert value(cluster.url(), "select rolcreaterole from pg_roles where rolname = 'app_api'") is False


def test_migration_sees_no_row_that_forced_row_security_hides(managed: str, cluster: Cluster) -> None:
    """Owning the tables' owner is not bypassing: what the login migrates with is as blind as app_owner."""
    upgrade(managed)
    do(cluster.url(database="test"), "insert into app.users (name) values ('somebody')")
    with psycopg.connect(managed) as connection:
        connection.execute("set role app_owner")
        assert connection.execute("select id from app.users").fetchall() == []


def test_login_that_may_not_create_roles_is_told_by_postgres(managed: str, cluster: Cluster) -> None:
    as_superuser(cluster, "alter role provider_login nocreaterole")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="create role"):
        upgrade(managed)
    assert value(cluster.url(database="test"), "select count(*) from pg_namespace where nspname = 'app'") == 0
    as_superuser(cluster, "alter role provider_login createrole")
    upgrade(managed)
    command.check(config(managed))


@pytest.mark.parametrize("command_", [upgrade, check, lambda url: downgrade(url, "base")])
def test_migration_cannot_set_its_role_on_a_poolers_connection(command_: Callable[[str], None]) -> None:
    with pytest.raises(Refusal, match="direct host"):
        command_("postgresql://owner:x@ep-cool-night-123-pooler.eu.example/rowkeep")
