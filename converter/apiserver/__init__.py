"""An API server over HTTP: requests, list and watch, and the lease that elects one leader.

Karmada's own API server is the one meant. Everything is asyncio, and objects stay bytes until somebody needs them:
with ten thousand Works in memory the generated models of the Python client would cost too much.
"""

from converter.apiserver.cache import Cache, Key
from converter.apiserver.client import ApiServer, Collection
from converter.apiserver.election import Election
from converter.apiserver.errors import (
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
