"""Oracles: questions whose answers must be the same for a row of the victim's and for one that never was."""

from collections.abc import Callable, Iterator

import psycopg

from db.models import metadata
from tests.attack.attempt import NOBODY, Attempt, pair, shown, tried
from tests.attack.ground import Ground
from tests.isolation.attacks import attacks, constant, granted, identifies
from tests.isolation.session import acting
from tests.samples import ISOLATED, MODELS

FAMILY = "oracles"


def attempts() -> Iterator[Attempt]:
    """Keys, references, invitations, locks."""
    for table in ISOLATED:
        for attack in attacks(table):
            if "{row}" in attack.sql or "{workspace}" in attack.sql:
                yield pair(FAMILY, attack.name, attack.sql, table, role=attack.role)
        yield from _references(table)
        yield from _texts(table)
        yield Attempt(FAMILY, "a lock that is waited for", table, _waits(table))
    for name, sql in {
        "an invitation's key": "select from app.accept_invitation('{row}', 'x')",
        "an invitation's empty secret": "select from app.accept_invitation('{row}', '')",
        "an invitation's null secret": "select from app.accept_invitation('{row}', null)",
    }.items():
        yield pair(FAMILY, name, sql, "invitations")


def _references(table: str) -> Iterator[Attempt]:
    """A new row, or a changed one, of my own workspace that points at a parent."""
    shape, parents = metadata.tables[f"app.{table}"], MODELS[table].__parents__
    insertable, updatable = granted(shape, "app_user", "INSERT") or (), granted(shape, "app_user", "UPDATE") or ()
    for column in (each.name for each in shape.columns if identifies(shape, each.name)):
        if column not in {*insertable, *updatable} or column == "workspace_id":
            continue
        values = {name: "'{row}'" if identifies(shape, name) else constant(shape, name) for name in insertable}
        values |= {"workspace_id": "'{home}'"} if "workspace_id" in values else {}
        target = parents.get(column, "users")
        if column in insertable:
            sql = f"insert into app.{table} ({', '.join(values)}) values ({', '.join(values.values())})"
            yield pair(FAMILY, f"a reference in {column}", sql, target)
        if column in updatable:
            yield pair(FAMILY, f"a reference moved in {column}", f"update app.{table} set {column} = '{{row}}'", target)


def _texts(table: str) -> Iterator[Attempt]:
    """A new row of my own with a text that somebody else has, and with one that nobody has."""
    shape, parents = metadata.tables[f"app.{table}"], MODELS[table].__parents__
    insertable = granted(shape, "app_user", "INSERT") or ()
    for column in (name for name in insertable if name in shape.info["written"]):
        values = {name: f"'{{own_{parents.get(name, 'workspaces')}}}'" if identifies(shape, name) else constant(shape, name)
                  for name in insertable} | {column: "'{text}'"}  # fmt: skip
        yield Attempt(FAMILY, f"a {column} that another has", table, _taken(table, column, values))


def _taken(table: str, column: str, values: dict[str, str]) -> Callable[[Ground], str]:
    def run(ground: Ground) -> str:
        truth = f"select {column} from app.{table} where id = %s"
        row = ground.owner.execute(truth.encode(), [ground.world.live[table]]).fetchone()
        assert row is not None
        sql = f"insert into app.{table} ({', '.join(values)}) values ({', '.join(values.values())})"
        known = ground.ids(table) | {f"own_{name}": id for name, id in ground.mine.items()}
        answers = []
        for text in (row[0], "y" * len(row[0])):
            with acting(ground.database.api, ground.world.mallory.id) as session:
                came = tried(session, sql.format(**known, text=text))
                if found := shown(ground, came, text):
                    return found
                answers.append((came.outcome, came.text.replace(text, "text")))
        return "" if answers[0] == answers[1] else f"tells {answers[0]} from {answers[1]}"

    return run


def _waits(table: str) -> Callable[[Ground], str]:
    """While its owner holds the row, a stranger must not be made to wait for it."""

    def run(ground: Ground) -> str:
        row, answers = ground.world.live[table], []
        with psycopg.connect(ground.database.owner) as holder:
            holder.execute(f"select from app.{table} where id = %s for update".encode(), [row])
            for id in (row, NOBODY):
                with acting(ground.database.api, ground.world.mallory.id) as session:
                    session.execute("set local lock_timeout = '2s'")
                    answers.append([tried(session, sql.format(id)).outcome for sql in _asking(table)])
            holder.rollback()
        return "" if answers[0] == answers[1] else f"waits: {answers}"

    return run


def _asking(table: str) -> list[str]:
    columns = granted(metadata.tables[f"app.{table}"], "app_user", "UPDATE") or ()
    return [f"select from app.{table} where id = '{{}}' for {how}" for how in ("update nowait", "key share nowait")] + [
        f"update app.{table} set {column} = {column} where id = '{{}}'" for column in columns[:1]
    ]
