"""Reads one object that may not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from converter.client.errors import NotFoundError

if TYPE_CHECKING:
    from converter.client.rest import ApiServer
    from converter.kube import Manifest


async def find_object(server: ApiServer, path: str) -> Manifest | None:
    """Read an object; None if it does not exist.

    Args:
        server: the API server.
        path: the object's path.

    Raises:
        ApiError: the API server refused the request, or did not answer.
    """
    try:
        found: Manifest = msgspec.json.decode(await server.get(path))
    except NotFoundError:
        return None
    return found
