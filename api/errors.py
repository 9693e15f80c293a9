"""What Postgres, FastAPI and Starlette refuse, as problems: one table from SQLSTATE to answer."""

import logging
import re
from collections.abc import Callable

import psycopg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg.errors import Diagnostic
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.schema import ColumnCollectionConstraint
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.problems import Problem, in_body, in_parameter, not_found
from db.models import metadata

log = logging.getLogger("rowkeep")

# A restrictive policy or guard is named for the role that it wants; the name is the same in every language of the server.
NEEDS = re.compile(r"\bneeds_(row_owner|owner|admin|editor|author|writer)\b")
OF_ROWS = {
    "author": "the author of this row",
    "row_owner": "the owner of this row",
    "writer": "the owner of this row, or somebody who may write it",
}
COLUMNS = {
    str(constraint.name): [column.name for column in constraint.columns]
    for table in metadata.tables.values()
    for constraint in table.constraints
    if isinstance(constraint, ColumnCollectionConstraint)
} | {
    f"{table.name}_{column.name}_check": [column.name] for table in metadata.tables.values() for column in table.columns
} | {
    str(constraint.name): [constraint.info["chosen"]]
    for table in metadata.tables.values()
    for constraint in table.constraints
    if "chosen" in constraint.info
}  # fmt: skip


def unexpected(reason: object) -> Problem:
    """What nobody foresaw: the log has the reason, the caller does not."""
    log.error("unexpected: %s", reason, exc_info=reason if isinstance(reason, BaseException) else None)
    return Problem(500, "Something went wrong here; it was logged.")


def forbidden(diagnostic: Diagnostic) -> Problem:
    """Row security: a missing role is named inside one's own workspace; anything else is like no row."""
    needs = NEEDS.search(diagnostic.message_primary or "")
    if not needs and diagnostic.source_function == "aclcheck_error":
        return unexpected(diagnostic.message_primary)  # a grant is missing: no caller's fault
    if not needs:
        return not_found()
    role = needs[1]
    higher = "" if role == "owner" else " or a higher one"
    who = OF_ROWS.get(role, f"the role {role}{higher} in this workspace")
    return Problem(403, f"This takes {who}.", needed=role)


def sqlstate(error: DBAPIError) -> str | None:
    """The SQLSTATE behind SQLAlchemy's error."""
    return getattr(error.orig, "sqlstate", None)


def hidden(error: DBAPIError) -> bool:
    """Whether row security refused without naming a role: what the row refers to is not the caller's."""
    return sqlstate(error) == "42501" and from_postgres(error.orig).status == 404


def field(status: int, detail: str) -> Callable[[Diagnostic], Problem]:
    """A refusal that points at the last column of the constraint, which is the one that the caller chose."""

    def problem(diagnostic: Diagnostic) -> Problem:
        columns = COLUMNS.get(diagnostic.constraint_name or "", [diagnostic.column_name or ""])
        return Problem(status, detail, errors=[in_body(columns[-1], detail)] if columns[-1] else ())

    return problem


def plain(status: int, detail: str, **headers: str) -> Callable[[Diagnostic], Problem]:
    """A refusal with one sentence."""
    return lambda _: Problem(status, detail, headers=headers)


# The longest prefix of the SQLSTATE decides. Source: PostgreSQL manual, appendix A.
ANSWERS: dict[str, Callable[[Diagnostic], Problem]] = {
    "42501": forbidden,
    "23503": field(404, "There is no such row to refer to."),
    "23505": field(409, "There is one already."),
    "23514": field(422, "This value is outside its limits."),
    "23502": field(422, "This value is required."),
    "25006": plain(403, "This key may only read."),
    "23001": lambda found: Problem(409, f"{(found.message_primary or '').capitalize()}."),
    "P0002": lambda _: not_found(),
    "22": plain(422, "A value cannot be stored as it is."),
    "40": plain(503, "Others were writing the same rows; try again.", **{"Retry-After": "1"}),
    "55P03": plain(503, "Others hold these rows; try again.", **{"Retry-After": "1"}),
    "57014": plain(503, "This took too long and was cancelled; nothing was changed.", **{"Retry-After": "5"}),
    "57": plain(503, "The database is restarting; try again.", **{"Retry-After": "5"}),
    "53": plain(503, "The database is at its limits; try again.", **{"Retry-After": "5"}),
    "08": plain(503, "The database cannot be reached; try again.", **{"Retry-After": "5"}),
}


def from_postgres(error: BaseException | None) -> Problem:
    """The answer to an error of psycopg; what is unknown is a 500 and goes to the log."""
    if isinstance(error, psycopg.Error):
        state = error.sqlstate or (
            "08" if isinstance(error, psycopg.OperationalError) else "22" * isinstance(error, psycopg.DataError)
        )
        for length in (5, 2):
            if state and state[:length] in ANSWERS:
                return ANSWERS[state[:length]](error.diag)
    return unexpected(error)


def from_validation(error: RequestValidationError) -> Problem:
    """The answer to a request of the wrong shape. What was sent is not repeated: it may be a password."""
    errors = []
    for each in error.errors():
        place, *path = each["loc"]
        detail = each["msg"].removeprefix("Value error, ")
        if place == "body":
            errors.append(in_body("/".join(str(part) for part in path if each["type"] != "json_invalid"), detail))
        else:
            errors.append(in_parameter(str(path[0]) if path else place, detail))
    return Problem(422, "The request is not as it should be.", errors=errors)


def install(app: FastAPI) -> None:
    """Registers the handlers."""

    @app.exception_handler(Problem)
    async def problem(_: Request, error: Problem) -> Response:
        return error.response()

    @app.exception_handler(DBAPIError)
    async def database(_: Request, error: DBAPIError) -> Response:
        return from_postgres(error.orig).response()

    @app.exception_handler(psycopg.Error)
    async def driver(_: Request, error: psycopg.Error) -> Response:
        return from_postgres(error).response()

    @app.exception_handler(PoolTimeout)
    async def busy(_: Request, _error: PoolTimeout) -> Response:
        return Problem(503, "All connections are in use; try again.", headers={"Retry-After": "1"}).response()

    @app.exception_handler(RequestValidationError)
    async def validation(_: Request, error: RequestValidationError) -> Response:
        return from_validation(error).response()

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> Response:
        return Problem(error.status_code, f"{error.detail}.", headers=dict(error.headers or {})).response()

    @app.exception_handler(Exception)
    async def unexpected(_: Request, _error: Exception) -> Response:
        return Problem(500, "Something went wrong here; it was logged.").response()
