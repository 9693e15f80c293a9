"""No path is claimed twice: of two routes with one method and path the first would answer, and nobody hear of the second."""

import re

from fastapi import APIRouter
from fastapi.routing import APIRoute

from db.refusal import Refusal

Claims = dict[tuple[str, str], str]
PARAMETER = re.compile(r"\{[^}]*\}")


def claim(claims: Claims, router: APIRouter, file: str) -> APIRouter:
    """Notes each method and path of the router as the file's, and answers the router.

    Raises: Refusal where another file has one of them.
    """
    for route in router.routes:
        assert isinstance(route, APIRoute)
        for method in sorted(route.methods or ()):
            other = claims.setdefault((method, PARAMETER.sub("{}", route.path)), file)
            if other != file:
                raise Refusal(f"{file}: {method} {route.path} is a path of {other} already: give one of them another name")
    return router
