"""`python -m bench.scopes`: what scopes cost a statement of whom no scope narrows; half a minute, written nowhere."""

from functools import partial

import psycopg

import migrations
from bench import data, plain
from bench.__main__ import Amount, cluster
from bench.pairs import rotated, spread
from bench.report import ratio, table
from bench.sealed_sql import MEASURED
from bench.sql import PEOPLE, Side, arguments, sees
from db import local
from db.embedded import DATABASE

AMOUNT = Amount(30, 31, 3, 20)
FUNCTIONS = ("app.current_member_id()", "app.current_user_id()")
# What the functions would be without scopes; the verifier is asked either way, and there is no key.
WITHOUT = """
delete from seal.keys;
create or replace function app.current_member_id() returns uuid language sql stable parallel restricted
return seal.verified('app.current_user_id')::uuid;
create or replace function app.current_user_id() returns uuid language sql stable parallel restricted
return app.current_member_id();
do $$ begin
execute replace(pg_get_functiondef('app.my_workspaces(text)'::regprocedure),
'and (app.claimed_workspace() is null or workspace_id = app.claimed_workspace())', '');
execute replace(pg_get_functiondef('seal.claimed_workspaces(text)'::regprocedure),
'and (app.claimed_workspace() is null or workspace_id = app.claimed_workspace())', '');
end $$;
"""


def main() -> None:
    """Each statement on two copies in turns: with the functions as they are, and as they would be."""
    with cluster(AMOUNT) as server:
        url = server.url(database=DATABASE)
        migrations.upgrade(url)
        local.open_logins(server)
        data.load(url, data.Size(AMOUNT.people), lambda _: None)
        data.allow_by_hand(url)
        without = local.environment(server)
        with psycopg.connect(url) as owner:
            kept = [str(owner.execute("select pg_get_functiondef(%s::regprocedure)", [each]).fetchall()[0][0])
                    for each in FUNCTIONS]  # fmt: skip
        scoped = plain.copied(without)
        for each, changes in ((scoped, kept), (without, [WITHOUT])):
            with psycopg.connect(each["OWNER_DATABASE_URL"]) as owner:
                for change in changes:
                    owner.execute(change.encode())
        by_hand = Side(without["OWNER_DATABASE_URL"], role="bench_by_hand")
        who = [sees(by_hand, number) for number in range(PEOPLE)]
        sides = Side(without["DATABASE_URL"]), Side(scoped["DATABASE_URL"])
        lines = []
        for case in (each for each in MEASURED if each.operation != "insert 1,000"):

            def cost(side: Side, turn: int, case: object = case) -> float:
                return side.together(case.under_policies, arguments(case, who[turn % PEOPLE])).server  # type: ignore[attr-defined, arg-type]

            before, after = rotated(AMOUNT.sql_turns, [partial(cost, side) for side in sides], warm=PEOPLE)
            pairs = list(zip(before, after, strict=True))
            added = spread([y - x for x, y in pairs]).middle
            lines.append([case.table, case.operation, f"{added:+.1f}", ratio(spread([y / x for x, y in pairs]))])
        print(table(["table", "operation", "added us", "ratio"], lines))
        for side in (*sides, by_hand):
            side.connection.close()


if __name__ == "__main__":
    main()
