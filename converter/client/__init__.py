"""An API server over HTTP: requests, list and watch, and the lease that elects one leader.

Karmada's own API server is the one meant. Everything is asyncio, and objects stay bytes until somebody needs them:
with ten thousand Works in memory the generated models of the Python client would cost too much.
"""

from converter.client.errors import (
    AlreadyExistsError,
    ApiError,
    ConflictError,
    GoneError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)
from converter.client.informer import Informer, Key
from converter.client.leader_election import LeaderElector
from converter.client.rest import ApiServer, Collection

__all__ = [
    "AlreadyExistsError",
    "ApiError",
    "ApiServer",
    "Collection",
    "ConflictError",
    "GoneError",
    "Informer",
    "Key",
    "LeaderElector",
    "NotFoundError",
    "RejectedError",
    "UnavailableError",
]
