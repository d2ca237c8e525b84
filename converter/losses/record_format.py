"""The JSON that stores losses on a Work, and its encoding and decoding.

The format, in the annotation `converter.karmada.names.LOSSES_ANNOTATION`::

    {"format": 1, "release": "v1.22",
     "manifests": [{"group": "batch", "kind": "CronJob", "namespace": "demo", "name": "report",
                    "losses": [{"path": "spec.timeZone", "value": "UTC", "severity": "dangerous"}]}],
     "more": [{"origin": "release", "count": 700, "size": 6, "digests": "<base64>"}]}

A loss with a ``target`` is one by conversion. It has the facts for its text, since it cannot be found again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from converter.catalog import Release, ReleaseFormatError
from converter.kube import canonical_json
from converter.losses.digests import DigestedLosses  # noqa: TC001  msgspec reads the annotations
from converter.losses.model import (
    LONGEST_VALUE,
    AbridgedValue,
    ByConversion,
    ByRelease,
    FieldHistory,
    Loss,
    ManifestId,
    UnstoredData,
    digest_of,
)
from converter.losses.severity import Severity  # noqa: TC001  msgspec reads the annotations
from converter.rules.steps.values import shown

FORMAT: Final = 1
"""The version of the format; a document of another version counts as absent."""

_LONGEST_WORDS: Final = 512
"""Characters of a rule author's words that are stored with a loss."""

_SHORT: Final = LONGEST_VALUE // 6 - 2
"""Characters of a text whose JSON is short enough, whatever they are: one takes at most 6 bytes."""

_LARGEST_REST: Final = 900
"""Bytes of a stored loss without its texts: the names of all members, and a value, abridged if it is long."""


class _Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    path: str
    severity: Severity
    value: Any = UNSET
    abridged: AbridgedValue | None = None
    refused: bool = False
    target: str = ""
    why: str = ""
    instead: Any = UNSET
    consequence: str = ""
    since: str = ""
    since_version: str = ""


class _Unstored(msgspec.Struct, frozen=True, omit_defaults=True):
    target: str
    size: int
    limit: int
    overflow: bool = False


class _Manifest(msgspec.Struct, omit_defaults=True):
    kind: str
    group: str = ""
    namespace: str = ""
    name: str = ""
    losses: list[_Entry] = []
    unstored: _Unstored | None = None


class _Document(msgspec.Struct, frozen=True, omit_defaults=True):
    format: int
    release: str = ""
    manifests: list[_Manifest] = []
    more: list[DigestedLosses] = []


_documents = msgspec.json.Decoder(_Document)
_encode = msgspec.json.encode
_release_of = lru_cache(maxsize=256)(Release.parse)
_text_of = lru_cache(maxsize=256)(Release.__str__)


class Content(NamedTuple):
    """What a document holds; see `converter.losses.record.LossRecord`."""

    release: Release | None
    losses: tuple[Loss, ...]
    unstored: tuple[UnstoredData, ...]
    more: tuple[DigestedLosses, ...]


def encode_content(content: Content) -> str:
    """Write a document; losses of one manifest are put together."""
    manifests: dict[ManifestId, _Manifest] = {}
    for loss in content.losses:
        written = manifests.get(loss.manifest)
        if written is None:
            written = manifests[loss.manifest] = _manifest(loss.manifest)
        written.losses.append(_entry(loss))
    for data in content.unstored:
        written = manifests.setdefault(data.manifest, _manifest(data.manifest))
        written.unstored = _unstored(data)
    release = _text_of(content.release) if content.release is not None else ""
    return _encode(_Document(FORMAT, release, [*manifests.values()], list(content.more))).decode()


def decode_content(text: str) -> Content | None:
    """Read a document; None if it is of another format or cannot be read."""
    try:
        document = _documents.decode(text)
        return _content(document) if document.format == FORMAT else None
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ReleaseFormatError):
        return None


def cost_of(loss: Loss) -> int:
    """Bytes of a loss in a document at most: with its manifest, whose only loss it may be."""
    return len(_encode(_entry(loss))) + _cost(loss.manifest)


def bound_of(loss: Loss) -> int:
    """Bytes that a loss cannot exceed in a document, from lengths alone: JSON writes a character in at most 6."""
    conversion = loss.cause
    characters = len(loss.path) + len("".join(loss.manifest))
    if type(conversion) is ByConversion:
        words = (min(len(text), _LONGEST_WORDS) for text in (conversion.words, loss.consequence))
        characters += sum(words) + len(conversion.target) + LONGEST_VALUE
    return 6 * characters + _LARGEST_REST


def cost_of_unstored(data: UnstoredData) -> int:
    """Bytes of an `UnstoredData` in a document at most."""
    return len(_encode(_unstored(data))) + _cost(data.manifest)


def _cost(manifest: ManifestId) -> int:
    return len(_encode(_manifest(manifest))) + 32


def _entry(loss: Loss) -> _Entry:
    value, abridged = _stored_value(loss.value)
    conversion = loss.cause
    if type(conversion) is ByRelease:
        return _Entry(loss.path, loss.severity, value, abridged, conversion.refused)
    assert type(conversion) is ByConversion
    instead, history = conversion.instead, conversion.history
    if instead is not UNSET and len(canonical_json(instead)) > LONGEST_VALUE:
        instead = shown(instead)
    since = str(history.since) if history.since is not None else ""
    return _Entry(
        loss.path, loss.severity, value, abridged, target=conversion.target, why=conversion.words[:_LONGEST_WORDS],
        instead=instead, consequence=loss.consequence[:_LONGEST_WORDS], since=since, since_version=history.version,
    )  # fmt: skip


def _stored_value(value: Any) -> tuple[Any, AbridgedValue | None]:
    if value is True or value is False or value is None or (type(value) is str and len(value) <= _SHORT):
        return value, None
    if isinstance(value, AbridgedValue):
        return UNSET, value
    text = canonical_json(value)
    if len(text) <= LONGEST_VALUE:
        return value, None
    return UNSET, AbridgedValue(shown(value), digest_of(text))


def _unstored(data: UnstoredData) -> _Unstored:
    return _Unstored(data.target, data.size, data.limit, data.overflow)


def _manifest(manifest: ManifestId) -> _Manifest:
    group, kind, namespace, name = manifest
    return _Manifest(kind, group, namespace, name)


def _content(document: _Document) -> Content:
    release = _release_of(document.release) if document.release else None
    losses: list[Loss] = []
    unstored: list[UnstoredData] = []
    for one in document.manifests:
        manifest = ManifestId(one.group, one.kind, one.namespace, one.name)
        losses += [_loss(manifest, entry, release) for entry in one.losses]
        if one.unstored is not None:
            data = one.unstored
            unstored.append(UnstoredData(manifest, data.target, data.size, data.limit, data.overflow))
    return Content(release, tuple(losses), tuple(unstored), tuple(document.more))


def _loss(manifest: ManifestId, entry: _Entry, release: Release | None) -> Loss:
    value = entry.abridged if entry.abridged is not None else entry.value
    if entry.target:
        history = FieldHistory(Release.parse(entry.since) if entry.since else None, entry.since_version)
        cause: ByConversion | ByRelease = ByConversion(entry.target, entry.why, entry.instead, history)
    else:
        cause = ByRelease(release or Release(0, 0), entry.refused)
    return Loss(manifest, entry.path, value, entry.severity, cause, entry.consequence)
