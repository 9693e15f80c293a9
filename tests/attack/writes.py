"""Blind writes and moved rows: statements that read nothing, and rows that change hands; the truth is compared after each."""

from collections.abc import Iterator

from db.models import metadata
from tests.attack.attempt import Attempt, statement
from tests.isolation.attacks import EVERY_ROW, attacks, constant, granted, identifies
from tests.samples import ISOLATED, MODELS

BLIND, MOVED = "blind writes", "moved rows"
DELETES = {
    "delete using": "delete from app.{table} t using (values ('{row}'::uuid)) v (id) where t.id = v.id",
    "delete returning": "with d as (delete from app.{table} where id = '{row}' returning *) select * from d",
    "delete by place": "delete from app.{table} where id = '{row}' and ctid is not null",
    "delete only": "delete from only app.{table} where id = '{row}'",
    "delete through a cursor": "declare c cursor for select * from app.{table} where id = '{row}' for update; "
    "fetch c; delete from app.{table} where current of c",
    "copy in": "copy app.{table} from stdin",
}
UPDATES = {
    "update everything": "update app.{table} set {column} = {value} where true",
    "update by place": "update app.{table} set {column} = {value} where ctid is not null and id = '{{row}}'",
    "update from": "update app.{table} t set {column} = {value} from (values ('{{row}}'::uuid)) v (id) where t.id = v.id",
    "update only": "update only app.{table} set {column} = {value} where id = '{{row}}'",
    "update in with": "with u as (update app.{table} set {column} = {value} where id = '{{row}}' returning *) select * from u",
    "update as nobody in mid-statement": "update app.{table} set {column} = {value} "
    "where id = '{{row}}' and set_config('app.current_user_id', '', true) is not null",
}
# What members may not, in the workspace that is theirs too: a role below the one that is needed, judged by the truth.
TENANTS = [name for name in ISOLATED if {"deleted_at", "workspace_id"} <= MODELS[name].model_fields.keys()]
AUTHORED = [name for name in ISOLATED if "authored" in MODELS[name].__access__]
MEMBERS = {"vic": {*ISOLATED}, "erin": {*ISOLATED}.difference(TENANTS).union(AUTHORED)}


MEMBER = "insert into app.memberships (workspace_id, user_id, role) values"
INVITATION = "insert into app.invitations (workspace_id, role, token_hash) values"
BELONGING = {
    "membership made": MEMBER + "('{workspace}', '{attacker}', 'owner')",
    "membership made for another": MEMBER + "('{home}', '{victim}', 'viewer')",
    "invitation made": INVITATION + "('{workspace}', 'owner', sha256('x'))",
    "invitation accepted by hand": "update app.invitations set accepted_by = '{attacker}', accepted_at = now()",
    "role raised": "update app.memberships set role = 'owner' where workspace_id = '{workspace}'",
    "owner put out": "delete from app.memberships where workspace_id = '{workspace}' and role = 'owner'",
}


def attempts() -> Iterator[Attempt]:
    """By the stranger all that the isolation tests know and more; by members what their role does not reach."""
    for who in ("mallory", "fred", "vic", "erin"):
        for name, sql in BELONGING.items():
            yield statement(MOVED, name, sql, "memberships", who=who, commit=True)
    for table in ISOLATED:
        yield from _generated(table)
        for role in ("app_user", "app_guest", "app_trash"):
            for name, sql in DELETES.items():
                yield statement(BLIND, name, sql, table, role=role, commit=True)
            columns = granted(metadata.tables[f"app.{table}"], role, "UPDATE") or ("created_at",)
            for name, sql in UPDATES.items():
                for column in columns:
                    value = "now()" if column in {"deleted_at", "created_at"} else _value(table, column)
                    whole = sql.replace("{table}", table).replace("{column}", column).replace("{value}", value)
                    expected = (*range(9), "error", "23001", "23503") if name == "update everything" else (0, "error")
                    yield statement(BLIND, name, whole.replace("{{", "{").replace("}}", "}"), table, role=role,
                                    expected=expected, commit=True)  # fmt: skip
        yield from _moved(table)


def _value(table: str, column: str) -> str:
    return constant(metadata.tables[f"app.{table}"], column)


def _generated(table: str) -> Iterator[Attempt]:
    for attack in attacks(table):
        if attack.expected == EVERY_ROW or attack.name.startswith(("select", "row security", "add a policy", "unforce")):
            continue
        family = MOVED if attack.name.startswith(("move", "insert", "upsert")) else BLIND
        # Rows of the attacker's own may change; whose they were, the truth tells.
        own = (*range(9), "23503", "23514", "23001") if isinstance(attack.expected, int) else (attack.expected,)
        yield statement(family, attack.name, attack.sql, table, role=attack.role, expected=own, commit=True)
        for who, reached in MEMBERS.items():
            if table in reached and not attack.name.startswith(("insert", "upsert", "delete everything")) and table != "users":
                sql = attack.sql.replace("{attacker}", "{victim}")
                yield statement(family, f"{attack.name}, by a member", sql, table, who=who, role=attack.role,
                                expected=(0, 1, "error", "23503", "23001"), commit=True)  # fmt: skip


def _moved(table: str) -> Iterator[Attempt]:
    """Own rows put where they do not belong, and others' rows pulled in."""
    shape = metadata.tables[f"app.{table}"]
    updatable, insertable = granted(shape, "app_user", "UPDATE") or (), granted(shape, "app_user", "INSERT") or ()
    for column, parent in MODELS[table].__parents__.items():
        if column in updatable:
            sql = f"update app.{table} set {column} = '{{their_{parent}}}' where id = '{{mine}}'"
            yield statement(MOVED, "own row under another's parent", sql, table, expected=("23503", "42501"), commit=True)
        if column in insertable:
            names = [name for name in insertable if not identifies(shape, name)]
            above = {name: MODELS[table].__parents__.get(name, parent) for name in insertable if identifies(shape, name)}
            parents = {name: f"'{{their_{each}}}'" for name, each in above.items()}
            if "workspace_id" in parents and column != "workspace_id":
                parents["workspace_id"] = "'{home}'"
            columns = [*parents, *names]
            values = [*parents.values(), *(_value(table, name) for name in names)]
            sql = f"insert into app.{table} ({', '.join(columns)}) values ({', '.join(values)})"
            yield statement(MOVED, "new row under another's parent", sql, table, expected=("23503", "42501"), commit=True)
    for column in (each.name for each in shape.columns if identifies(shape, each.name) and each.name not in updatable):
        sql = f"update app.{table} set {column} = '{{victim}}' where id = '{{mine}}'"
        yield statement(MOVED, "own row given away", sql, table, expected=("42501",), commit=True)
        sql = f"update app.{table} set {column} = '{{attacker}}' where id = '{{row}}'"
        yield statement(MOVED, "another's row taken", sql, table, expected=("42501",), commit=True)
