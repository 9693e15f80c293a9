"""What the caller has learned so far, and what is tried though nobody told them."""

from typing import Any
from uuid import UUID

import httpx

from tests.worlds.grammar import Drawn, Ref, shares_of, table_of
from tests.worlds.pair import PASSWORD, Caller


class Known:
    """Ids by table, addresses, passwords and tokens; and the workspace of each row that the caller saw."""

    def __init__(self, caller: Caller) -> None:
        self.caller, self.within = caller, dict(caller.within)
        self.visible = {table: list(ids) for table, ids in caller.visible.items()}
        self.visible |= {"address": [caller.email, "new@example.com"], "password": [PASSWORD], "token": [*caller.tokens]}
        # Few, so that each is asked for in several ways.
        self.hidden = {table: [*ids[:2], *ids[-2:]] for table, ids in caller.hidden.items()}
        self.visible["refresh_token"] = [*caller.refresh_tokens]
        self.hidden |= {"address": [f"o1.{caller.email}"], "password": ["a new password"], "token": []}

    def resolve(self, value: Any, workspace: str | None = None) -> Any:
        """The value with its references replaced; what is visible is of the same workspace, where one is named."""
        if isinstance(value, Ref):
            return self._pick(value, workspace)
        if isinstance(value, dict):
            workspace = self.resolve(value.get("workspace_id"))
            body = {name: self.resolve(each, workspace) for name, each in value.items()}
            # Signing up with an address and then in with the same password tells whether somebody had it: a test shows
            # that one difference, and these requests leave it out.
            return body | {"password": "a wrong password"} if body.get("username") in self.hidden["address"] else body
        return [self.resolve(each) for each in value] if isinstance(value, list) else value

    def _pick(self, ref: Ref, workspace: str | None) -> str:
        kind = ref.kind if ref.kind in self.visible else sorted(self.caller.hidden)[ref.number % len(self.caller.hidden)]
        if kind == "token" and ref.source == "hidden":  # a real secret, with the key of an invitation that it is not for
            invitation = UUID(self.hidden["invitations"][ref.number % len(self.hidden["invitations"])])
            return f"{invitation.hex}.{self.visible['token'][-1].partition('.')[2]}"
        kind = kind.removesuffix("/bin") if ref.source == "hidden" else kind
        found = {"visible": self.visible, "hidden": self.hidden}.get(ref.source, {}).get(kind)
        if ref.source == "visible" and found:
            found = [id for id in found if self.within.get(id, workspace) == workspace] or found
        return found[ref.number % len(found)] if found else str(UUID(int=ref.number))

    def learn(self, asked: Drawn, id: str, answer: httpx.Response) -> None:
        """Keys and tokens of a good answer; what was deleted may be in the bin."""
        table = table_of(asked.path)
        table = shares_of(table) if "/shares" in asked.path else "keys" if "/keys" in asked.path else table
        if asked.method == "DELETE" and answer.is_success and id in self.visible.get(table, ()):
            self.visible[table].remove(id)
            self.visible.setdefault(f"{table}/bin", []).append(id)
        if answer.is_success and answer.content and answer.headers["content-type"] == "application/json":
            body = answer.json()
            for row in [body, *body.get("items", ())]:
                for kind, name in ((table, "id"), ("token", "token"), ("refresh_token", "refresh_token")):
                    if name in row and row[name] not in self.visible.setdefault(kind, []):
                        self.visible[kind].append(row[name])
                if "id" in row and row.get("workspace_id"):
                    self.within[row["id"]] = row["workspace_id"]
