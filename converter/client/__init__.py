"""A Kubernetes API client: requests, informers, the work queue and leader election, all in asyncio.

Objects stay JSON until somebody needs a field. With ten thousand Works in memory, the generated models of the Python
client would cost too much.
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
from converter.client.find import find_object
from converter.client.informer import Change, Informer, Key
from converter.client.leader_election import LeaderElector
from converter.client.pager import each_item
from converter.client.rest import ApiServer, Collection
from converter.client.workqueue import WorkQueue

__all__ = [
    "AlreadyExistsError",
    "ApiError",
    "ApiServer",
    "Change",
    "Collection",
    "ConflictError",
    "GoneError",
    "Informer",
    "Key",
    "LeaderElector",
    "NotFoundError",
    "RejectedError",
    "UnavailableError",
    "WorkQueue",
    "each_item",
    "find_object",
]
