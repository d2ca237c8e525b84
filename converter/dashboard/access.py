"""Who may look: a token is checked by Karmada's TokenReview, and each namespace by a SubjectAccessReview.

Whoever may list the bindings of a namespace sees the objects of that namespace. Whoever may list Clusters sees all
clusters; others see those that have an object of theirs.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, Protocol, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from converter.client import ApiServer

SECONDS: Final = 30.0
"""How long an answer of Karmada is used. After that a right that was taken away is gone here, too."""

_ANSWERS: Final = 10_000
"""Answers that are remembered."""

_AT_ONCE: Final = 16
"""Questions to Karmada at the same time."""

TOKEN_REVIEWS: Final = "/apis/authentication.k8s.io/v1/tokenreviews"  # noqa: S105  a path
ACCESS_REVIEWS: Final = "/apis/authorization.k8s.io/v1/subjectaccessreviews"


class Right(NamedTuple):
    """A right that Karmada is asked about: to list a resource.

    Attributes:
        group: the API group.
        resource: the plural name.
        namespace: a namespace; empty for all of them, and for cluster-scoped resources.
    """

    group: str
    resource: str
    namespace: str = ""


ALL_NAMESPACES: Final = Right("work.karmada.io", "resourcebindings")
CLUSTER_SCOPED: Final = Right("work.karmada.io", "clusterresourcebindings")
CLUSTERS: Final = Right("cluster.karmada.io", "clusters")


class Viewer(NamedTuple):
    """Who looks.

    Attributes:
        name: the user's name.
        groups: the user's groups.
        uid: the user's uid.
    """

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""


class Sight(NamedTuple):
    """What a viewer sees.

    Attributes:
        everything: whether all namespaces and cluster-scoped objects are seen.
        namespaces: the namespaces that are seen; ``""`` means cluster-scoped objects.
        clusters: whether all clusters are seen.
    """

    everything: bool
    namespaces: frozenset[str]
    clusters: bool

    def sees(self, namespace: str) -> bool:
        """Whether objects of a namespace are seen; ``""`` asks for cluster-scoped objects."""
        return self.everything or namespace in self.namespaces


ALL: Final = Sight(everything=True, namespaces=frozenset(), clusters=True)


class Access(Protocol):
    """Decides who sees what."""

    @property
    def anonymous(self) -> Viewer | None:
        """The viewer without a token; None if a token is required."""

    async def viewer(self, token: str) -> Viewer | None:
        """Find out whose token this is; None if Karmada does not accept it. Raises ApiError."""

    async def sight(self, viewer: Viewer, namespaces: Iterable[str]) -> Sight:
        """Find out what a viewer sees of these namespaces. Raises ApiError."""


class Everyone:
    """Shows everything to everyone: for a laptop, on the loopback interface."""

    anonymous: Viewer | None = Viewer("anonymous")

    async def viewer(self, token: str) -> Viewer | None:  # noqa: ARG002  the protocol
        """Accept any token."""
        return self.anonymous

    async def sight(self, viewer: Viewer, namespaces: Iterable[str]) -> Sight:  # noqa: ARG002  the protocol
        """Show everything."""
        return ALL


class _User(msgspec.Struct):
    username: str = ""
    uid: str = ""
    groups: list[str] | None = None


class _TokenStatus(msgspec.Struct):
    authenticated: bool = False
    user: _User = msgspec.field(default_factory=_User)


class _TokenReview(msgspec.Struct):
    status: _TokenStatus = msgspec.field(default_factory=_TokenStatus)


class _AccessStatus(msgspec.Struct):
    allowed: bool = False


class _AccessReview(msgspec.Struct):
    status: _AccessStatus = msgspec.field(default_factory=_AccessStatus)


T = TypeVar("T")


class _Memory(Generic[T]):
    """Answers by question, for a short time; the least recently used goes first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()

    def find(self, question: Hashable) -> tuple[bool, T | None]:
        """Find an answer: whether there is one, and the answer."""
        found = self._answers.get(question)
        if found is None or self._clock() - found[0] >= SECONDS:
            return False, None
        self._answers.move_to_end(question)
        return True, found[1]

    def put(self, question: Hashable, answer: T) -> None:
        """Remember an answer."""
        self._answers[question] = (self._clock(), answer)
        self._answers.move_to_end(question)
        if len(self._answers) > _ANSWERS:
            self._answers.popitem(last=False)


class KarmadaAccess:
    """Asks Karmada's API server, and remembers its answers for a short time."""

    anonymous: Viewer | None = None

    def __init__(self, server: ApiServer, clock: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._viewers: _Memory[Viewer | None] = _Memory(clock)
        self._rights: _Memory[bool] = _Memory(clock)
        self._asking = asyncio.Semaphore(_AT_ONCE)

    async def viewer(self, token: str) -> Viewer | None:
        """Find out whose token this is; None if Karmada does not accept it.

        Raises:
            ApiError: Karmada did not answer.
        """
        key = hashlib.sha256(token.encode()).digest()  # tokens are not kept in memory
        known, viewer = self._viewers.find(key)
        if not known:
            body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
            async with self._asking:
                answer = await self._server.create(TOKEN_REVIEWS, body)
            status = msgspec.json.decode(answer, type=_TokenReview).status
            user = status.user
            viewer = Viewer(user.username, tuple(user.groups or ()), user.uid) if status.authenticated else None
            self._viewers.put(key, viewer)
        return viewer

    async def sight(self, viewer: Viewer, namespaces: Iterable[str]) -> Sight:
        """Find out what a viewer sees of these namespaces.

        Raises:
            ApiError: Karmada did not answer.
        """
        every, scoped, clusters = await asyncio.gather(
            *(self._may(viewer, right) for right in (ALL_NAMESPACES, CLUSTER_SCOPED, CLUSTERS))
        )
        if every and scoped:
            return Sight(everything=True, namespaces=frozenset(), clusters=clusters)
        asked = sorted({namespace for namespace in namespaces if namespace})
        if not every:
            rights = (self._may(viewer, ALL_NAMESPACES._replace(namespace=namespace)) for namespace in asked)
            answers = await asyncio.gather(*rights)
            asked = [namespace for namespace, allowed in zip(asked, answers, strict=True) if allowed]
        return Sight(everything=False, namespaces=frozenset([*asked, *([""] if scoped else [])]), clusters=clusters)

    async def _may(self, viewer: Viewer, right: Right) -> bool:
        known, allowed = self._rights.find((viewer, right))
        if not known:
            attributes = {
                "verb": "list",
                "group": right.group,
                "resource": right.resource,
                "namespace": right.namespace,
            }
            spec = {"user": viewer.name, "groups": viewer.groups, "uid": viewer.uid, "resourceAttributes": attributes}
            body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
            async with self._asking:
                answer = await self._server.create(ACCESS_REVIEWS, body)
            allowed = msgspec.json.decode(answer, type=_AccessReview).status.allowed
            self._rights.put((viewer, right), allowed)
        return bool(allowed)
