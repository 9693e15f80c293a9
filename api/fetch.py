"""A small JSON document of somebody else's server: in seconds, in bounds, and from no other place than was asked."""

import asyncio
import json
from typing import Any

import httpx

BYTES, SECONDS = 256_000, 5


class Unusable(Exception):
    """No such document: the server does not answer, or not with what was asked for."""


async def fetched(url: str) -> dict[str, Any]:
    """The document.

    Raises: Unusable.
    """
    try:
        async with asyncio.timeout(SECONDS), httpx.AsyncClient(follow_redirects=False) as client:
            # As it is, since what was packed could be any size when it is unpacked.
            headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
            async with client.stream("GET", url, headers=headers) as answer:
                if answer.status_code != httpx.codes.OK or "content-encoding" in answer.headers:
                    raise Unusable(f"{url} answers {answer.status_code}")
                body = bytearray()
                async for part in answer.aiter_raw():
                    body += part
                    if len(body) > BYTES:
                        raise Unusable(f"{url} is larger than {BYTES} bytes")
        document = json.loads(body)
    except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as error:
        raise Unusable(f"{url}: {type(error).__name__} {error}") from error
    if not isinstance(document, dict):
        raise Unusable(f"{url} is no JSON object")
    return document
