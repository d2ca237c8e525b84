"""Finds what a cluster's release drops, replaces or refuses of one manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import structs

from converter.catalog import value_at
from converter.kube import WHOLE_MANIFEST, Path
from converter.losses.model import NO_HISTORY, ByRelease, Loss, ManifestId
from converter.losses.schema_path import generalized
from converter.losses.severity import Severity
from converter.losses.unknown_fields import TooManyFieldsError, UnknownField
from converter.refusals import Refusal, RefusalReason
from converter.refusals.dropped import Dropped, is_of_pods

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from converter.catalog import GateSettings, Release
    from converter.kube import GroupVersionKind, Manifest
    from converter.losses.field_history import Obstacle
    from converter.losses.schema_index import SchemaIndex
    from converter.losses.severity import SeverityTable

_FOUND_PER_LOSS: Final = 10
"""How many unknown fields are checked for each loss that may be named: some turn out to mean nothing new."""

_ALL_PATHS: Final = 1 << 20
"""Characters of the paths of all losses of a manifest, if their number is limited."""

_SHORT_PATH: Final = 16
"""Segments of a path in which no type is inside itself often enough to be shortened."""


class Destination(NamedTuple):
    """Where a manifest goes: its version there, the release, its feature gates, and the cluster's name."""

    gvk: GroupVersionKind
    release: Release
    gates: GateSettings
    cluster: str


class _Field(NamedTuple):
    """A field that is not stored.

    Attributes:
        field: the field, or the one that holds it if the server drops that too.
        schema: the place in the type of the field that the server looks at.
        obstacle: why a release that knows the field does not store it; None if it does not know it.
        known: whether any type of the catalog has a field of its name.
    """

    field: UnknownField
    schema: Path
    obstacle: Obstacle | None = None
    known: bool = True

    @property
    def dropped(self) -> Dropped:
        """What the server drops."""
        with_holder = self.obstacle is not None and self.obstacle.with_holder
        return Dropped(self.field.path, self.obstacle is not None, self.schema[:-1] if with_holder else self.schema)


class ReleaseLosses:
    """Finds and weighs losses by release, by one catalog and one severity table."""

    def __init__(self, index: SchemaIndex, severities: SeverityTable) -> None:
        self._index = index
        self._severities = severities

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
            return _Field(field, schema, known=False)
        if len(schema) > _SHORT_PATH:
            schema = index.paths.of(to.gvk, schema)
        if not field.refused and index.neutral.means_nothing_new(
            to.gvk, field.path, field.value, lambda: manifest, schema
        ):
            return None
        obstacle = index.histories.obstacle(to.gvk, schema, to.release, to.gates)
        if obstacle is not None and obstacle.with_holder and not field.refused:
            holder = field.path[:-1]
            field = UnknownField(holder, value_at(manifest, holder), conditional=True)
        return _Field(field, schema, obstacle)

    def _refused_without(self, found: Sequence[_Field], manifest: Manifest, to: Destination) -> Mapping[Path, Refusal]:
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
        field, path = one.field, generalized(one.field.path)
        cause = self._cause(one, to, places) if one.known else ByRelease(to.release, newest=self._index.newest)
        severity, consequence = self._severities.assess(to.gvk.kind, path, identity.namespace, to.cluster)
        refusal = refused.get(field.path) if refused else None
        if refusal is not None:
            cause, severity = structs.replace(cause, refused=True, refusal=refusal), Severity.DANGEROUS
        return Loss(identity, str(field), field.value, severity, cause, "" if cause.refused else consequence)

    def _cause(self, one: _Field, to: Destination, places: frozenset[Path]) -> ByRelease:
        field, schema, obstacle, histories = one.field, one.schema, one.obstacle, self._index.histories
        if field.refused and isinstance(field.value, str):
            refusal = Refusal(RefusalReason.UNKNOWN_VALUE, "", of_pods=is_of_pods(to.gvk.kind, field.path, to.release))
            member = field.value[:1].lower() + field.value[1:]
            if (*field.path[:-1], member) in places:  # a union: only a release that stores the member takes its name
                history = histories.find(to.gvk, (*schema[:-1], member), to.release)
            else:
                history = histories.find(to.gvk, schema, to.release, field.value)
            return ByRelease(to.release, refused=True, refusal=refusal, history=history)
        history, newest = histories.find(to.gvk, schema, to.release), self._index.newest
        if obstacle is None:
            return ByRelease(to.release, history=history, newest=newest)
        if field.conditional and not obstacle.gates:
            history = NO_HISTORY  # no release stores such a value
        return ByRelease(
            to.release,
            history=history,
            newest=newest,
            known=True,
            gates=obstacle.gates,
            default_off=obstacle.default_off,
            instead=field.instead,
        )
