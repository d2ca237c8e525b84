"""An API server over HTTP: requests, list and watch, and the lease that elects one leader.

Karmada's own API server is the one meant. Everything is asyncio, and objects stay bytes until somebody needs them:
with ten thousand Works in memory the generated models of the Python client would cost too much.
"""

from converter.client.informer import Cache, Key
from converter.client.rest import ApiServer, Collection
from converter.client.leader_election import Election
from converter.client.errors import (
    ApiError,
    ConflictError,
    ExistsError,
    ExpiredError,
    MissingError,
    RejectedError,
    UnavailableError,
)

__all__ = [
    "ApiError",
    "ApiServer",
    "Cache",
    "Collection",
    "ConflictError",
    "Election",
    "ExistsError",
    "ExpiredError",
    "Key",
    "MissingError",
    "RejectedError",
    "UnavailableError",
]
