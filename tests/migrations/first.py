"""Two tenants and the private rows of their people, as the first revision could hold them: it is frozen, and so is this."""

from uuid import UUID, uuid5

import psycopg

PEOPLE = ("ann", "adam", "eve", "vic", "bob", "nobody")
MEMBERS = {"a": {"ann": "owner", "adam": "admin", "eve": "editor", "vic": "viewer"}, "b": {"bob": "owner", "vic": "editor"}}


def key(name: str) -> UUID:
    """The id of what is called so."""
    return uuid5(UUID(int=0), name)


def load(url: str) -> None:
    """As the superuser, past every policy."""
    with psycopg.connect(url) as owner:
        for who in PEOPLE:
            me = key(who)
            owner.execute("insert into app.users (id, name) values (%s, %s)", [me, who])
            email = f"{who}@example.com"
            owner.execute("insert into auth.credentials (user_id, email, password_hash) values (%s, %s, 'x')", [me, email])
            for note in ("live", "binned"):
                owner.execute(
                    "insert into app.notes (owner_id, created_by, title, body) values (%s, %s, %s, 'b')", [me, me, note]
                )
        for tenant, members in MEMBERS.items():
            _workspace(owner, tenant, members)
        owner.execute("update app.notes set deleted_at = now() where title = 'binned'")
        owner.execute("update app.comments set deleted_at = now() where body = 'binned'")
        owner.execute("update app.tasks set deleted_at = now() where title = 'binned'")
        owner.execute("update app.projects set deleted_at = now() where name = 'binned'")
        owner.execute("update app.workspaces set deleted_at = now() where name like 'binned %'")


def _workspace(owner: psycopg.Connection[tuple[object]], tenant: str, members: dict[str, str]) -> None:
    first = key(next(iter(members)))
    for name in (tenant, f"binned {tenant}"):
        workspace = key(f"workspace {name}")
        owner.execute("insert into app.workspaces (id, name, created_by) values (%s, %s, %s)", [workspace, name, first])
        for who, role in members.items():
            into = "insert into app.memberships (workspace_id, user_id, role, created_by) values (%s, %s, %s, %s)"
            owner.execute(into, [workspace, key(who), role, first])
        for token, accepted_by in (("open", None), ("accepted", first)):
            owner.execute(
                "insert into app.invitations (workspace_id, role, token_hash, created_by, accepted_by, accepted_at)"
                " values (%s, 'viewer', sha256(%s), %s, %s, case when %s then now() end)",
                [workspace, f"{token} {name}".encode(), first, accepted_by, accepted_by is not None],
            )
        for state in ("live", "binned"):
            project, task = key(f"project {state} {name}"), key(f"task {state} {name}")
            of = {
                "workspace": workspace,
                "project": project,
                "task": task,
                "me": first,
                "state": state,
                "home": key(f"project live {name}"),
            }
            for into in (
                "projects (workspace_id, id, name, created_by) values (%(workspace)s, %(project)s, %(state)s, %(me)s)",
                "tasks (workspace_id, id, project_id, title) values (%(workspace)s, %(task)s, %(home)s, %(state)s)",
                "comments (workspace_id, task_id, body, created_by) values (%(workspace)s, %(task)s, %(state)s, %(me)s)",
            ):
                owner.execute(f"insert into app.{into}".encode(), of)
