"""A loss as data: which value of which manifest is lost, how, and the facts that its text is rendered from."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from converter.catalog import Release  # noqa: TC001  msgspec reads the annotations
from converter.kube import GroupVersionKind, Json, Manifest, canonical_json
from converter.losses import messages
from converter.losses.severity import Severity  # noqa: TC001  msgspec reads the annotations
from converter.refusals import Refusal  # noqa: TC001  msgspec reads the annotations

if TYPE_CHECKING:
    from converter.kube.partial_object import PartialObject


class ManifestId(NamedTuple):
    """Identifies a manifest within a Work: its group and kind, not its version, so that a conversion keeps it.

    Attributes:
        group: the API group of the version that the user sent; empty for the core group.
        kind: the kind.
        namespace: the namespace; empty for cluster-scoped objects.
        name: the name, or the start of a name that is still to be generated.
    """

    group: str
    kind: str
    namespace: str = ""
    name: str = ""

    @property
    def place(self) -> str:
        """``namespace/name``, or the name of a cluster-scoped object."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    @property
    def label(self) -> str:
        """The manifest in messages: ``CronJob demo/report``."""
        return f"{self.kind} {self.place}".rstrip()


def manifest_id_of_head(head: PartialObject, api_version: str) -> ManifestId:
    """Identify a manifest by what was read of it, and the apiVersion that the user sent."""
    group, slash, _ = api_version.rpartition("/")
    return ManifestId(group if slash else "", head.kind, head.namespace, head.name)


def manifest_id_of(manifest: Manifest, gvk: GroupVersionKind) -> ManifestId:
    """Identify a decoded manifest; a namespace or name of a wrong type counts as missing."""
    metadata = manifest.get("metadata")
    found = metadata if isinstance(metadata, dict) else {}
    namespace, name = found.get("namespace"), found.get("name") or found.get("generateName")
    return ManifestId(gvk.group, gvk.kind, *(text if isinstance(text, str) else "" for text in (namespace, name)))


class Origin(StrEnum):
    """What loses a value."""

    CONVERSION = "conversion"
    """The target version cannot hold it: the converter takes it out of the manifest."""

    RELEASE = "release"
    """What the cluster serves lacks the field or the value, by its release or its CRD: it stays in the manifest that
    Karmada sends."""


_CONVERSION, _RELEASE = Origin.CONVERSION, Origin.RELEASE
"""Python 3.11 takes longer to find a member of an enum than to tell two causes apart."""


class FieldHistory(msgspec.Struct, frozen=True):
    """Which releases know a field, or a value of a field, that the cluster's release does not know.

    Attributes:
        since: the first later release that knows it; None if no later release does.
        version: the apiVersion that has it in that release, if it is another one; empty if it is the same.
        last: the last release before that stored it, if no later release does.
        gated: whether a later release knows it, but none stores it by default.
    """

    since: Release | None = None
    version: str = ""
    last: Release | None = None
    gated: bool = False


NO_HISTORY = FieldHistory()


class ByConversion(msgspec.Struct, frozen=True):
    """Why a conversion loses a value.

    Attributes:
        target: the apiVersion converted to.
        words: the rule author's reason; empty if no rule gives one.
        instead: what the way back gives in its place; unset if it gives nothing.
        history: which release would hold the value.
    """

    target: str
    words: str = ""
    instead: Json = msgspec.UNSET
    history: FieldHistory = NO_HISTORY


class ByRelease(msgspec.Struct, frozen=True, cache_hash=True):
    """Why a cluster's release loses a value.

    Attributes:
        release: the cluster's release.
        refused: whether the API server rejects the manifest instead of dropping the field.
        refusal: why it rejects it; None if it does not, and on a loss read from a Work.
        history: which releases know the field or the value; None on a loss read from a Work.
        newest: the newest release in the catalog; None on a loss read from a Work.
        known: whether the release knows the field and still does not store what was sent.
        gates: the feature gates that are off and would have to be on for that; of alternatives, all.
        default_off: whether those gates are off by default in the release.
        instead: the value that the API server stores in its place; empty if it stores none.
        schema: the version whose schema in the cluster lacks the field, if not its release decides; else empty.
    """

    release: Release
    refused: bool = False
    refusal: Refusal | None = None
    history: FieldHistory = NO_HISTORY
    newest: Release | None = None
    known: bool = False
    gates: tuple[str, ...] = ()
    default_off: bool = True
    instead: str = ""
    schema: str = ""


LONGEST_VALUE: Final = 96
"""Bytes of the canonical JSON of a value that a Work stores whole."""

DIGEST_PREFIX: Final = "sha256:"
"""Marks a digest in a `LossKey`; no JSON starts like this."""


class AbridgedValue(msgspec.Struct, frozen=True):
    """A value that is too long for a Work's annotation.

    Attributes:
        shown: the start of its JSON, for messages.
        digest: of its canonical JSON, see `digest_of`.
    """

    shown: str
    digest: str


class LossKey(NamedTuple):
    """The identity of a loss: two losses with equal keys are the same loss, whatever is said about them.

    Attributes:
        manifest: the manifest that loses the value.
        origin: what loses it.
        refused: whether the API server refuses the value instead of dropping it.
        path: the field.
        value: the canonical JSON of a value that is stored whole, else `DIGEST_PREFIX` and its digest.
    """

    manifest: ManifestId
    origin: Origin
    refused: bool
    path: str
    value: str

    def hashed(self) -> bytes:
        """Give 32 bytes that identify the key if there is no room for it."""
        value = self.value
        known = value.startswith(DIGEST_PREFIX)
        digest = value[len(DIGEST_PREFIX) :] if known else digest_of(value.encode())
        return hashlib.sha256(msgspec.json.encode((*self[:-1], digest))).digest()


class Loss(msgspec.Struct, frozen=True, dict=True):
    """A value that does not reach the cluster, or that the cluster refuses.

    Attributes:
        manifest: the manifest that loses it.
        path: the field: in the version as sent if a conversion loses it, else in the version that the cluster gets.
            `WHOLE_MANIFEST` if more values are lost than are named.
        value: the value, abridged on a loss read from a Work if it is long.
        severity: how much it matters.
        cause: what loses it, with the facts for its text.
        consequence: what happens without it, in the words of the severity table; may be empty.
    """

    manifest: ManifestId
    path: str
    value: Json
    severity: Severity
    cause: ByConversion | ByRelease
    consequence: str = ""

    @property
    def by_conversion(self) -> ByConversion | None:
        """The cause, if a conversion loses the value."""
        return self.cause if type(self.cause) is ByConversion else None

    @property
    def by_release(self) -> ByRelease | None:
        """The cause, if the cluster's release loses the value."""
        return self.cause if type(self.cause) is ByRelease else None

    @property
    def origin(self) -> Origin:
        """Whether a conversion or the cluster's release loses it."""
        return _RELEASE if type(self.cause) is ByRelease else _CONVERSION

    @property
    def refused(self) -> bool:
        """Whether the cluster refuses the manifest instead of dropping the field."""
        return type(self.cause) is ByRelease and self.cause.refused

    @property
    def certainly_refused(self) -> bool:
        """Whether the cluster refuses the manifest itself, not only the Pods or claims that are made of it."""
        refusal = self.cause.refusal if type(self.cause) is ByRelease else None
        return self.refused and (refusal is None or not refusal.of_pods)

    @property
    def since(self) -> Release | None:
        """The first later release that would hold the value, if it is known."""
        return self.cause.history.since

    @property
    def key(self) -> LossKey:
        """The identity. Cached by hand, as the line is: `functools.cached_property` takes a lock in Python 3.11."""
        key: LossKey | None = self.__dict__.get("_key")
        if key is None:
            key = self.__dict__["_key"] = self._make_key()
        return key

    def _make_key(self) -> LossKey:
        value = self.value
        if type(value) is AbridgedValue:
            known = DIGEST_PREFIX + value.digest
        else:
            text = canonical_json(value)
            known = text.decode() if len(text) <= LONGEST_VALUE else DIGEST_PREFIX + digest_of(text)
        return LossKey(self.manifest, self.origin, self.refused, self.path, known)

    @property
    def why(self) -> str:
        """Why the value is lost, for people; never read back."""
        return messages.reason(self)

    @property
    def line(self) -> str:
        """The loss with its manifest, for people; never read back. Cached: the annotation repeats the warning."""
        line: str | None = self.__dict__.get("_line")
        if line is None:
            line = self.__dict__["_line"] = messages.line(self)
        return line

    def __str__(self) -> str:
        return messages.describe(self)


class UnstoredData(msgspec.Struct, frozen=True):
    """A converted manifest whose conversion data is too large to store, so that a conversion back cannot restore it.

    Attributes:
        manifest: the manifest.
        target: the apiVersion converted to.
        size: bytes of its conversion data.
        limit: bytes that would be stored.
        overflow: whether the limit is that of an overflow object, not that of a Work's annotations.
    """

    manifest: ManifestId
    target: str
    size: int
    limit: int
    overflow: bool = False


def digest_of(text: bytes) -> str:
    """Digest the canonical JSON of a value."""
    return hashlib.sha256(text).hexdigest()[:16]
