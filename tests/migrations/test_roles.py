"""Roles: made idempotently, and mended where an earlier hand gave them more than they may have."""

import psycopg
import pytest

from db.embedded import Cluster
from db.refusal import Refusal
from migrations.run import roles
from tests.migrations.catalog import value
from tests.migrations.spare import as_superuser

EVERYTHING = """
select format('role %s %s %s %s %s %s %s %s', rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin,
  rolreplication, rolbypassrls) from pg_roles
union all
select format('member %s of %s by %s: %s', member::regrole, roleid::regrole, grantor::regrole,
  to_jsonb(m) - array['oid', 'roleid', 'member', 'grantor']) from pg_auth_members m
union all select format('setting of %s: %s', setrole::regrole, setconfig) from pg_db_role_setting
union all select format('database %s %s', datname, datacl) from pg_database
union all select format('schema %s %s', nspname, nspacl) from pg_namespace
union all select format('default %s %s %s', defaclrole::regrole, defaclobjtype, defaclacl) from pg_default_acl
order by 1"""


def everything(url: str) -> list[str]:
    """All that roles.sql decides."""
    with psycopg.connect(url) as connection:
        return [line for (line,) in connection.execute(EVERYTHING.encode()).fetchall()]


def test_roles_twice_change_nothing(cluster: Cluster) -> None:
    url = cluster.url(database="test")
    roles(url)
    before = everything(url)
    roles(url)
    assert everything(url) == before
    assert "role app_api f f f f t f f" in before
    assert "role app_user f f f f f f f" in before


def test_membership_that_was_granted_to_an_inheriting_role_does_not_stay(cluster: Cluster) -> None:
    """From 16 on a membership keeps the INHERIT that its member had, whatever the role says later."""
    as_superuser(
        cluster,
        "create role app_user",
        "create role app_api login inherit",
        "grant app_user to app_api",
    )
    assert value(cluster.url(), "select pg_has_role('app_api', 'app_user', 'usage')") is True
    roles(cluster.url(database="test"))
    assert value(cluster.url(), "select pg_has_role('app_api', 'app_user', 'usage')") is False
    assert value(cluster.url(), "select pg_has_role('app_api', 'app_user', 'member')") is True


def test_membership_by_several_grantors_does_not_stay(cluster: Cluster) -> None:
    as_superuser(
        cluster,
        "create role app_user",
        "create role app_api login inherit",
        "create role another createrole",
        "grant app_user to another with admin option",
        "grant app_user to app_api",
        "set role another",
        "grant app_user to app_api with admin option",
    )
    roles(cluster.url(database="test"))
    assert value(cluster.url(), "select pg_has_role('app_api', 'app_user', 'usage')") is False
    assert value(cluster.url(), "select pg_has_role('app_api', 'app_user', 'member')") is True
    admin = "select count(*) from pg_auth_members where admin_option and member = 'app_api'::regrole"
    assert value(cluster.url(), admin) == 0


def test_membership_cannot_be_handed_on(cluster: Cluster) -> None:
    as_superuser(
        cluster,
        "create role app_user",
        "create role app_api login noinherit",
        "create role stranger",
        "grant app_user to app_api with admin option",
        "set role app_api",
        "grant app_user to stranger",
    )
    roles(cluster.url(database="test"))
    assert value(cluster.url(), "select pg_has_role('app_api', 'app_user', 'member')") is True
    admin = "select count(*) from pg_auth_members where admin_option and member = 'app_api'::regrole"
    assert value(cluster.url(), admin) == 0


def test_api_can_become_what_it_must_after_a_grant_without_set(cluster: Cluster) -> None:
    url = cluster.url(database="test")
    if value(url, "select current_setting('server_version_num')::int < 160000"):
        pytest.skip("a membership without SET came with 16")
    as_superuser(
        cluster,
        "create role app_user",
        "create role app_api login noinherit",
        "grant app_user to app_api with inherit false, set false",
    )
    assert value(url, "select pg_has_role('app_api', 'app_user', 'set')") is False
    roles(url)
    assert value(url, "select pg_has_role('app_api', 'app_user', 'set')") is True


@pytest.mark.parametrize("right", ["bypassrls", "superuser"])
def test_role_that_bypasses_row_security_is_refused(cluster: Cluster, right: str) -> None:
    as_superuser(cluster, f"create role app_user {right}")
    with pytest.raises(Refusal) as refused:
        roles(cluster.url(database="test"))
    assert str(refused.value) == (
        'role app_user bypasses row security: run "alter role app_user nosuperuser nobypassrls" as a superuser first'
    )
    assert value(cluster.url(), "select count(*) from pg_roles where rolname like 'app\\_%'") == 1


@pytest.mark.parametrize("right", ["createrole", "createdb", "replication"])
def test_role_cannot_keep_a_right_that_it_must_not_have(cluster: Cluster, right: str) -> None:
    as_superuser(cluster, f"create role app_api login {right}", f"create role app_user {right}")
    roles(cluster.url(database="test"))
    assert "role app_api f f f f t f f" in everything(cluster.url())
    assert "role app_user f f f f f f f" in everything(cluster.url())
