"""The facts of a refusal, and what an entry of the table consists of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeAlias

import msgspec

from converter.catalog import Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from msgspec import Raw

    from converter.kube import Json, Manifest, Path


class RefusalReason(StrEnum):
    """Which check of a release's validation refuses a manifest; stable, unlike the words about it."""

    SIDE_EFFECTS = "SideEffects"
    REVIEW_VERSIONS = "AdmissionReviewVersions"
    WEBHOOK_NAMES = "WebhookNames"
    WEBHOOK_TIMEOUT = "WebhookTimeout"
    PRESERVES_UNKNOWN_FIELDS = "PreserveUnknownFields"
    SCHEMA_MISSING = "SchemaMissing"
    NOT_STRUCTURAL = "NotStructural"
    DEFAULT_IN_SCHEMA = "DefaultInSchema"
    LIST_OF_OBJECTS_AS_SET = "ListOfObjectsAsSet"
    LIST_MAP_KEYS = "ListMapKeys"
    NOT_APPROVED = "NotApproved"
    CONVERSION_REVIEW_VERSIONS = "ConversionReviewVersions"
    CONVERSION_NEEDS_PRUNING = "ConversionNeedsPruning"
    SCALE_TO_ZERO = "ScaleToZero"
    SCALE_TO_ZERO_METRIC = "ScaleToZeroMetric"
    METRIC_VALUE = "MetricValue"
    PATH_TYPE = "PathType"
    INGRESS_PATH = "IngressPath"
    INGRESS_BACKEND = "IngressBackend"
    INGRESS_PORT_NAME = "IngressPortName"
    INGRESS_SECRET_NAME = "IngressSecretName"  # noqa: S105  a reason, not a secret
    INGRESS_CLASS_TWICE = "IngressClassTwice"
    MIXED_PROTOCOLS = "MixedProtocols"
    ZONE_IN_SCHEDULE = "ZoneInSchedule"
    SIGNER_NAME = "SignerName"
    KEY_USAGES = "KeyUsages"
    EVENT_TIME = "EventTime"
    DEPRECATED_EVENT_FIELD = "DeprecatedEventField"
    NEW_FUNCTION = "NewFunction"
    """An expression calls a function that the release does not have, or does not accept yet."""
    UNKNOWN_VALUE = "UnknownValue"
    """A value of an enumeration that only other releases know."""
    NO_MEMBER_LEFT = "NoMemberLeft"
    """The release drops the only member of a union."""
    NO_ROLLING_UPDATE = "NoRollingUpdate"
    """The release drops ``maxSurge``, and ``maxUnavailable`` is 0."""
    NO_SIDECAR = "NoSidecar"
    """The release drops the ``restartPolicy`` of an init container that has probes or a lifecycle."""
    INIT_LIFECYCLE = "InitLifecycle"
    """The release drops the ``stopSignal`` of an init container, which cannot have the rest of a lifecycle."""


class Refusal(msgspec.Struct, frozen=True):
    """Why a release refuses a manifest.

    Attributes:
        reason: which check it is.
        demand: what the release demands, for people: ``sideEffects must be None or NoneOnDryRun``.
        mend: what to do about it, for people.
        of_pods: whether the server takes the manifest, and refuses the Pods or claims that are made of it.
    """

    reason: RefusalReason
    demand: str
    mend: str = ""
    of_pods: bool = False


class Found(NamedTuple):
    """One place of a manifest that a release refuses.

    Attributes:
        path: the place; where something is missing, the place where it should be.
        value: what is there; None if nothing is.
        refusal: why it is refused.
    """

    path: Path
    value: Json
    refusal: Refusal


class Server(NamedTuple):
    """What the checks look at, apart from the manifest.

    Attributes:
        release: the server's release.
        api_version: the version of the request; some checks depend on it.
        off: the feature gates that are off.
        gates: the feature gates that the release has.
    """

    release: Release
    api_version: str
    off: frozenset[str] = frozenset()
    gates: frozenset[str] = frozenset()

    def has_on(self, gate: str) -> bool:
        """Whether the release has a feature gate, and it is on."""
        return gate in self.gates and gate not in self.off


Place: TypeAlias = "tuple[Path, Json]"
"""A path, and what is there."""

Check: TypeAlias = "Callable[[Manifest, Server], Iterable[Place]]"
"""Yields each place that is refused."""


class Suspects(Protocol):
    """Decides fast whether a manifest may be refused; False is certain."""

    def __call__(self, manifest: bytes | Raw, decoded: Manifest | None = None, /) -> bool:
        """Look at a manifest.

        Args:
            manifest: its JSON.
            decoded: the same decoded, if it is at hand: to look at that is faster.
        """


class Visit(Protocol):
    """Looks at one schema of a CRD; yields each place in it that is refused, relative to the schema."""

    def __call__(self, schema: dict[str, Any], server: Server, *, root: bool) -> Iterable[Place]:
        """Look at a schema, without those below it.

        Args:
            schema: the schema.
            server: what the checks look at, apart from the schema.
            root: whether it is the schema of a whole object.
        """


@dataclass(frozen=True, slots=True)
class Rule:
    """One check of the validation of some releases.

    Attributes:
        refusal: what is said where it finds something.
        kinds: the kinds that it applies to.
        versions: the apiVersions of the requests that it applies to.
        check: finds the places.
        source: where Kubernetes has it.
        since: the first release that has the check; None if the first one that serves the version has it.
        until: the last release that has the check; None if the last one in the catalog has it.
        visit: finds the places in schemas, if the check is about these.
        suspects: whether a manifest may be refused, decided fast; None if each may be.
    """

    refusal: Refusal
    kinds: tuple[str, ...]
    versions: tuple[str, ...]
    check: Check
    source: str
    since: Release | None = None
    until: Release | None = None
    visit: Visit | None = None
    suspects: Suspects | None = None

    def applies(self, api_version: str, kind: str, release: Release) -> bool:
        """Whether a server of a release makes this check of a manifest in a version."""
        if kind not in self.kinds or api_version not in self.versions:
            return False
        minor = Release(release.major, release.minor)
        return (self.since is None or minor >= self.since) and (self.until is None or minor <= self.until)
