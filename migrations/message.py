"""Many statements in one message: a comparison locks tables, and should not do so for a round trip each."""

from collections.abc import Iterable

from sqlalchemy import Connection


def send(connection: Connection, statements: Iterable[str]) -> None:
    """Executes them in order, as they stand: nothing in them is a parameter."""
    message = ";\n".join(statement.rstrip(";") for statement in statements)
    connection.exec_driver_sql(message, execution_options={"no_parameters": True})
