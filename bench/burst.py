"""Sends many statements in one go, so that the server works without a pause and only its work is measured."""

import re
from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.pq import ExecStatus

NAMED = re.compile(r"%\((\w+)\)s")


class Burst:
    """Prepared statements of one connection by their text; below psycopg's cursors, which send one at a time."""

    def __init__(self, connection: Connection[Any]) -> None:
        self.connection = connection
        self.prepared: dict[str, tuple[bytes, list[str]]] = {}

    def prepare(self, text: str) -> tuple[bytes, list[str]]:
        """The statement's name on the server, and its arguments' names in their order."""
        if text not in self.prepared:
            names = list(dict.fromkeys(NAMED.findall(text)))
            numbered = NAMED.sub(lambda match: f"${names.index(match[1]) + 1}", text)
            name = f"burst_{len(self.prepared)}".encode()
            self._expect(self.connection.pgconn.prepare(name, numbered.encode()))
            self.prepared[text] = name, names
        return self.prepared[text]

    def run(self, statements: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """All of them, in order, in one pipeline; raises what the first one that fails says."""
        ready = [(*self.prepare(text), arguments) for text, arguments in statements]
        wire = self.connection.pgconn
        wire.enter_pipeline_mode()
        for name, names, arguments in ready:
            wire.send_query_prepared(name, [_text(arguments[each]) for each in names])
        wire.pipeline_sync()
        wire.flush()
        left = len(ready) + 1
        while left:
            while result := wire.get_result():
                self._expect(result)
                if result.status == ExecStatus.PIPELINE_SYNC:
                    break
            left -= 1
        wire.exit_pipeline_mode()

    def _expect(self, result: Any) -> None:
        if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.PIPELINE_SYNC}:
            raise RuntimeError(result.error_message.decode())


def _text(value: Any) -> bytes:
    if isinstance(value, list):
        return ("{" + ",".join(f'"{each}"' for each in value) + "}").encode()
    return str(value).encode()
