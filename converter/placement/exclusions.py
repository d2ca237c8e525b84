"""Excludes clusters that no conversion can reach from a binding's placement.

A scheduler that gives objects to clusters that need a conversion runs without the plugin APIEnablement, which would
also exclude clusters that a conversion can reach. So the converter excludes clusters without any reachable version in
the ``exclude`` list of the placement. The scheduler checks that list first (`ClusterMatches` in
pkg/util/selector.go), and schedules again after each change of the placement. An annotation records the converter's
exclusions, so that it never changes those of a policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from converter.kube import Manifest, canonical_json, copy_json
from converter.works.version_selection import Availability, choose

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from converter.clusters import Fleet, FleetView
    from converter.engine import Engine
    from converter.karmada.binding import Binding


class Unavailable(NamedTuple):
    """Why a kind is not available on a cluster.

    Attributes:
        why: the reason.
        certain: whether it is certain. False while Karmada does not know all that the cluster serves.
    """

    why: str
    certain: bool = True


class _Excluded(msgspec.Struct):
    """One cluster in the annotation of a binding.

    Attributes:
        why: the reason, for people.
        places: the affinities of the placement that exclude it for the converter.
    """

    why: str
    places: list[str] = msgspec.field(name="in")


_notes = msgspec.json.Decoder(dict[str, _Excluded])


@dataclass(frozen=True, slots=True)
class Exclusion:
    """The placement and annotation that a binding should have.

    Attributes:
        placement: the placement.
        note: the value of the annotation; None if the binding should not have it.
    """

    placement: Manifest | None
    note: str | None


def held_clusters(binding: Binding, unavailable: Mapping[str, Unavailable]) -> frozenset[str]:
    """Name the clusters that keep an object, although its kind is not available there.

    Karmada's own plugin keeps every scheduled cluster (pkg/scheduler/framework/plugins/apienablement). With it, none is
    scheduled whose APIs are unknown. A cluster that joins can be scheduled before its exclusion is written. So a
    scheduled cluster is kept only while its APIs are unknown, or if the object is applied there.

    Args:
        binding: the binding, with its status.
        unavailable: the clusters on which its kind is not available.
    """
    applied = binding.applied_clusters()
    return frozenset(
        name
        for name in binding.spec.scheduled_clusters()
        if name in applied or (name in unavailable and not unavailable[name].certain)
    )


def exclude(
    placement: Manifest | None, held: Collection[str], unreachable: Mapping[str, Unavailable], note: str | None
) -> Exclusion:
    """Compute a binding's placement and annotation; idempotent.

    Args:
        placement: the current ``spec.placement``, which is not modified. Without one the scheduler does not schedule
            (bindings of dependencies follow others), and there is nothing to do.
        held: the clusters that keep the object (`held_clusters`).
        unreachable: the clusters without a reachable version, with the reason.
        note: the current annotation; None if there is none.
    """
    if not isinstance(placement, dict):
        return Exclusion(placement, None)
    before = _read(note)
    wanted = {name: found.why for name, found in unreachable.items() if name not in held}
    result: Manifest = copy_json(placement)
    ours: dict[str, list[str]] = {}
    for place, affinity in _affinities(result):
        for name in _exclude_here(affinity, wanted, before.get(place, frozenset())):
            ours.setdefault(name, []).append(place)
    if not result.get("clusterAffinity") and placement.get("clusterAffinity") != {}:
        result.pop("clusterAffinity", None)  # created above, or now empty
    entries = {name: _Excluded(wanted[name], places) for name, places in ours.items()}
    return Exclusion(result, canonical_json(entries).decode() if entries else None)


def _affinities(placement: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Yield each affinity of a placement, with a name for the annotation.

    Without either field, any cluster is a candidate. ``clusterAffinity: {}`` means the same
    (`ClusterAffinity.Filter` in pkg/scheduler/framework/plugins/clusteraffinity), so an empty one is added.
    """
    terms = placement.get("clusterAffinities")
    if isinstance(placement.get("clusterAffinity"), dict) or not terms:
        if not isinstance(placement.get("clusterAffinity"), dict):
            placement["clusterAffinity"] = {}
        yield "clusterAffinity", placement["clusterAffinity"]
        return
    for term in terms:
        place = f"clusterAffinities[{term.get('affinityName', '')}]"
        yield place, term
        for index, overflow in enumerate(term.get("overflowAffinities") or ()):
            yield f"{place}.overflowAffinities[{index}]", overflow


def _exclude_here(affinity: Manifest, wanted: Mapping[str, str], before: frozenset[str]) -> list[str]:
    """Add the exclusions to one affinity, and return their names.

    If an earlier exclusion is missing, the placement was written again: Karmada's detector does that from the policy
    and keeps the annotation. Then all entries in the list belong to the policy.
    """
    listed: list[str] = list(affinity.get("exclude") or ())
    theirs = [name for name in listed if name not in before] if before <= set(listed) else listed
    names = affinity.get("clusterNames")
    ours = sorted(name for name in wanted if name not in theirs and (not names or name in names))
    if theirs + ours != listed:
        affinity["exclude"] = theirs + ours
        if not affinity["exclude"]:
            del affinity["exclude"]
    return ours


def _read(note: str | None) -> dict[str, frozenset[str]]:
    """Parse an annotation into the excluded clusters by affinity; empty if it is invalid."""
    try:
        entries = _notes.decode(note or "{}")
    except (msgspec.MsgspecError, UnicodeError):
        return {}
    found: dict[str, set[str]] = {}
    for name, entry in entries.items():
        for place in entry.places:
            found.setdefault(place, set()).add(name)
    return {place: frozenset(names) for place, names in found.items()}


def reasons(note: str | None) -> dict[str, str]:
    """List why each cluster of an annotation is excluded, for people."""
    try:
        return {name: entry.why for name, entry in sorted(_notes.decode(note or "{}").items())}
    except (msgspec.MsgspecError, UnicodeError):
        return {}


class Unreachable:
    """Finds the clusters on which a kind is not available; finds each answer once for a fleet and a rule book.

    A cluster whose APIs are not known is among them, as for Karmada's own plugin. The webhook and the controller share
    this class, so that both exclude the same clusters.
    """

    def __init__(self, converter: Callable[[], Engine], fleet: FleetView) -> None:
        """Set up.

        Args:
            converter: returns the current converter.
            fleet: the clusters.
        """
        self._converter = converter
        self._fleet = fleet
        self._memory = _Memory(None, None, {})

    def __call__(self, api_version: str, kind: str) -> Mapping[str, Unavailable] | None:
        """Name the clusters on which a kind is not available, with the reasons; None before the clusters are known."""
        found = self._find(api_version, kind)
        return None if found is None else found.unavailable

    def converted(self, api_version: str, kind: str) -> bool:
        """Whether some cluster gets a kind only by conversion; False before the clusters are known."""
        found = self._find(api_version, kind)
        return found is not None and found.converted

    def _find(self, api_version: str, kind: str) -> _Found | None:
        if not self._fleet.ready:
            return None
        converter, fleet = self._converter(), self._fleet.current
        memory = self._memory
        if memory.converter is not converter or memory.fleet is not fleet:
            memory = self._memory = _Memory(converter, fleet, {})
        found = memory.known.get((api_version, kind))
        if found is None:
            found = _look(api_version, kind, fleet, converter)
            if len(memory.known) < _KINDS_CACHED and len(api_version) + len(kind) <= _LONGEST_CACHED:
                memory.known[api_version, kind] = found
        return found


class _Found(NamedTuple):
    """What a fleet can do with a kind in one version.

    Attributes:
        unavailable: the clusters on which it is not available.
        converted: whether some cluster gets it only by conversion.
    """

    unavailable: Mapping[str, Unavailable]
    converted: bool


class _Memory(NamedTuple):
    """The answers for one rule book and one fleet; replaced whole, so that threads never mix two of them."""

    converter: Engine | None
    fleet: Fleet | None
    known: dict[tuple[str, str], _Found]


_KINDS_CACHED: Final = 4096
"""Kinds whose answer is cached; requests can name kinds that do not exist."""

_LONGEST_CACHED: Final = 512
"""Characters of an apiVersion and a kind whose answer is cached."""


_SERVED = frozenset({Availability.SERVED, Availability.CONVERTIBLE})


def _look(api_version: str, kind: str, fleet: Fleet, converter: Engine) -> _Found:
    choices = {name: choose(api_version, kind, cluster, converter) for name, cluster in fleet.items()}
    unavailable = {
        name: Unavailable(choice.why, certain=choice.availability is Availability.UNREACHABLE)
        for name, choice in choices.items()
        if choice.availability not in _SERVED
    }
    return _Found(unavailable, any(choice.availability is Availability.CONVERTIBLE for choice in choices.values()))
