"""Finds what a cluster's release drops, replaces or refuses of one manifest."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import structs

from converter.catalog import value_at
from converter.kube import WHOLE_MANIFEST, Path, format_path
from converter.losses.model import NO_HISTORY, ByRelease, Loss, ManifestId
from converter.losses.schema_path import generalized
from converter.losses.severity import Severity
from converter.losses.unknown_fields import TooManyFieldsError, UnknownField
from converter.refusals import Refusal, RefusalReason
from converter.refusals.dropped import Dropped, is_of_pods

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from converter.catalog import GateSettings, Release
    from converter.kube import GroupVersionKind, Json, Manifest
    from converter.losses.field_history import Obstacle
    from converter.losses.schema_index import SchemaIndex
    from converter.losses.severity import SeverityTable

_FOUND_PER_LOSS: Final = 10
"""How many unknown fields are checked for each loss that may be named: some turn out to mean nothing new."""

_ALL_PATHS: Final = 1 << 20
"""Characters of the paths of all losses of a manifest, if their number is limited."""

_SHORT_PATH: Final = 16
"""Segments of a path in which no type is inside itself often enough to be shortened."""


class Destination(msgspec.Struct, frozen=True):
    """Where a manifest goes: its version there, the release, its feature gates, and the cluster's name."""

    gvk: GroupVersionKind
    release: Release
    gates: GateSettings
    cluster: str


class _Facts(msgspec.Struct, frozen=True):
    """What is known of a field that a release does not store, whatever it holds.

    Attributes:
        text: its place in the type, formatted.
        obstacle: why a release that knows the field does not store it; None if it does not know it.
        cause: why it is lost if ``obstacle`` is None.
        may_be_neutral: whether some values of it mean what the release does anyway.
        may_be_needed: whether the release may refuse a manifest without it.
    """

    text: str
    obstacle: Obstacle | None
    cause: ByRelease
    may_be_neutral: bool = False
    may_be_needed: bool = False


class _Field(msgspec.Struct, frozen=True):
    """A field that is not stored.

    Attributes:
        field: the field, or the one that holds it if the server drops that too.
        schema: the place in the type of the field that the server looks at.
        facts: what is known of it.
        known: whether any type of the catalog has a field of its name.
        reference: for a reference that is stored for some kinds only, the object that has it; else None.
    """

    field: UnknownField
    schema: Path
    facts: _Facts
    known: bool = True
    reference: Mapping[str, Json] | None = None

    @property
    def may_be_needed(self) -> bool:
        """Whether the release may refuse a manifest without it; of a shortened place, little is known."""
        return self.facts.may_be_needed or len(self.field.path) > _SHORT_PATH

    @property
    def dropped(self) -> Dropped:
        """What the server drops."""
        obstacle = self.facts.obstacle
        with_holder = obstacle is not None and obstacle.with_holder
        return Dropped(self.field.path, obstacle is not None, self.schema[:-1] if with_holder else self.schema)


class ReleaseLosses:
    """Finds and weighs losses by release, by one catalog and one severity table."""

    def __init__(self, index: SchemaIndex, severities: SeverityTable) -> None:
        self._index = index
        self._severities = severities
        self._facts = lru_cache(maxsize=4096)(self._find_facts)

    def find(
        self, manifest: Manifest, identity: ManifestId, to: Destination, limit: int | None = None
    ) -> tuple[Loss, ...]:
        """List the losses, in the order of the manifest.

        Args:
            manifest: the manifest, in the version that the cluster gets.
            identity: the manifest's identity.
            to: where it goes.
            limit: the most losses to name; more become one loss of the whole manifest. None names all.
        """
        most = None if limit is None else limit * _FOUND_PER_LOSS
        try:
            fields = self._index.finder.unknown(manifest, to.gvk, to.release, to.gates, most)
        except TooManyFieldsError:
            return self._whole(identity, to.release)
        if not fields:
            return ()
        found = [one for field in fields if (one := self._not_stored(field, manifest, to)) is not None]
        if limit is not None and len(found) > limit:
            return self._whole(identity, to.release)
        refused = self._refused_without(found, manifest, to) if found else {}
        places = frozenset([one.field.path for one in found] if any(one.field.refused for one in found) else ())
        losses: list[Loss] = []
        room = _ALL_PATHS
        for one in found:
            losses.append(self._loss(one, refused, identity, to, places))
            room -= len(losses[-1].path)
            if room < 0 and limit is not None:
                return self._whole(identity, to.release)
        return tuple(losses)

    def _whole(self, identity: ManifestId, release: Release) -> tuple[Loss, ...]:
        """Make the one loss that replaces more losses than are named; they are not weighed, so it is dangerous."""
        cause = ByRelease(release, newest=self._index.newest)
        return (Loss(identity, WHOLE_MANIFEST, None, Severity.DANGEROUS, cause),)

    def _not_stored(self, field: UnknownField, manifest: Manifest, to: Destination) -> _Field | None:
        """Find out why a field is not stored; None if its value means what the release does anyway."""
        index, schema, last = self._index, field.schema, field.path[-1]
        if type(last) is str and last not in index.names and not field.refused:
            cause = ByRelease(to.release, newest=index.newest)
            return _Field(field, schema, _Facts("", None, cause), known=False)
        if len(schema) > _SHORT_PATH:
            schema = index.paths.of(to.gvk, schema)
        facts = self._facts(to.gvk, to.release, to.gates, schema)
        if facts.may_be_neutral and not field.refused:
            neutral = index.neutral.means_nothing_new(to.gvk, field.path, field.value, lambda: manifest, schema)
            if neutral:
                return None
        obstacle = facts.obstacle
        if obstacle is not None and obstacle.with_holder and not field.refused:
            holder = field.path[:-1]
            field = UnknownField(holder, value_at(manifest, holder), conditional=True)
        elif field.conditional and obstacle is not None and obstacle.by_kind:
            return _Field(field, schema, facts, reference=value_at(manifest, field.path[:-1]))
        return _Field(field, schema, facts)

    def _find_facts(self, gvk: GroupVersionKind, release: Release, gates: GateSettings, schema: Path) -> _Facts:
        """Look a field up, by its place in the type."""
        index = self._index
        obstacle = index.histories.obstacle(gvk, schema, release, gates)
        dropped = schema[:-1] if obstacle is not None and obstacle.with_holder else schema
        return _Facts(
            format_path(schema),
            obstacle,
            ByRelease(release, history=index.histories.find(gvk, schema, release), newest=index.newest),
            may_be_neutral=index.neutral.has_default(gvk, schema),
            may_be_needed=index.refusals.may_be_needed(gvk, dropped),
        )

    def _refused_without(self, found: Sequence[_Field], manifest: Manifest, to: Destination) -> Mapping[Path, Refusal]:
        if not any([one.may_be_needed for one in found]):  # noqa: C419  a generator costs more
            return {}
        dropped = [one.dropped for one in found if one.known and not (one.field.refused or one.field.instead)]
        return self._index.refusals.without_dropped(manifest, to.gvk, to.release, dropped) if dropped else {}

    def _loss(
        self,
        one: _Field,
        refused: Mapping[Path, Refusal],
        identity: ManifestId,
        to: Destination,
        places: frozenset[Path],
    ) -> Loss:
        field, path, facts = one.field, one.field.path, one.facts
        plain = facts.obstacle is None and not field.refused
        cause = facts.cause if plain else self._cause(one, to, places)
        text = facts.text if path == one.schema and facts.text else format_path(path)
        severity, consequence = self._severities.assess(to.gvk.kind, generalized(path), identity.namespace, to.cluster)
        refusal = refused.get(path) if refused else None
        if refusal is not None:
            cause, severity = structs.replace(cause, refused=True, refusal=refusal), Severity.DANGEROUS
        return Loss(identity, text, field.value, severity, cause, "" if cause.refused else consequence)

    def _cause(self, one: _Field, to: Destination, places: frozenset[Path]) -> ByRelease:
        field, schema, facts, histories = one.field, one.schema, one.facts, self._index.histories
        if field.refused and isinstance(field.value, str):
            refusal = Refusal(RefusalReason.UNKNOWN_VALUE, "", of_pods=is_of_pods(to.gvk.kind, field.path, to.release))
            member = field.value[:1].lower() + field.value[1:]
            if (*field.path[:-1], member) in places:  # a union: only a release that stores the member takes its name
                history = histories.find(to.gvk, (*schema[:-1], member), to.release)
            else:
                history = histories.find(to.gvk, schema, to.release, field.value)
            return ByRelease(to.release, refused=True, refusal=refusal, history=history)
        obstacle, cause = facts.obstacle, facts.cause
        if obstacle is None:
            return cause
        if one.reference is not None:
            history = histories.of_reference(to.gvk, schema, to.release, field.value, one.reference)
            cause = structs.replace(cause, history=history)
        elif field.conditional and not obstacle.gates:
            cause = structs.replace(cause, history=NO_HISTORY)  # no release stores such a value
        return structs.replace(
            cause,
            known=True,
            gates=obstacle.gates,
            default_off=obstacle.default_off,
            instead=field.instead,
        )
