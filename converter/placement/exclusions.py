"""Excludes clusters that no conversion can reach from a binding's placement.

With Karmada's scheduler plugin APIEnablement off (it would also leave out what we convert for) somebody has to keep
objects away from clusters that can have them in no version. A placement's own way to say so is ``exclude``: the
scheduler asks it first of all (`ClusterMatches` in pkg/util/selector.go), and after each change of the placement it
schedules again. A note on the binding records what we exclude, so that a policy's own exclusions stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from converter.kube import Manifest, canonical_json, copy_json
from converter.works.version_selection import Availability, choose

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from converter import Converter
    from converter.clusters import Fleet, FleetView
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
        why: a sentence for people.
        places: the affinities of the placement that we excluded it from.
    """

    why: str
    places: list[str] = msgspec.field(name="in")


_notes = msgspec.json.Decoder(dict[str, _Excluded])


@dataclass(frozen=True, slots=True)
class Exclusion:
    """What a binding should have.

    Attributes:
        placement: its placement.
        note: the value of its annotation; None where it should have none.
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
    """Say what a binding's placement and note should be; what they are already, once they are.

    Args:
        placement: ``spec.placement`` as it is; never changed. Without one the scheduler does not schedule at
            all (bindings of dependencies follow others), and nothing is to be done.
        held: the clusters that keep the object (`held_clusters`).
        unreachable: the clusters that have no version that can be reached, with the reason.
        note: the annotation as it is; None where there is none.
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
        result.pop("clusterAffinity", None)  # ours alone, made above or emptied
    entries = {name: _Excluded(wanted[name], places) for name, places in ours.items()}
    return Exclusion(result, canonical_json(entries).decode() if entries else None)


def _affinities(placement: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Each set of clusters that the scheduler may choose from, with a name for the note.

    Where a placement has neither field any cluster is a candidate, and ``clusterAffinity: {}`` means just that
    (`ClusterAffinity.Filter` in pkg/scheduler/framework/plugins/clusteraffinity), so one is made to hold ours.
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
    """Put our exclusions into one affinity; which they are.

    Where not all that we had put there is there still, somebody has written the placement again (Karmada's detector
    does, from the policy, and keeps our note), and all that is there is theirs.
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
    """Read a note into what we excluded, by place; nothing where somebody has spoilt it."""
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
    """Read a note for people: cluster by cluster, why it is left out."""
    try:
        return {name: entry.why for name, entry in sorted(_notes.decode(note or "{}").items())}
    except (msgspec.MsgspecError, UnicodeError):
        return {}


class Unreachable:
    """Finds the clusters on which a kind is not available; finds each answer once for a fleet and a rule book.

    A cluster whose APIs are not known is among them, as for Karmada's own plugin. The webhook and the controller share
    this class, so that both exclude the same clusters.
    """

    def __init__(self, converter: Callable[[], Converter], fleet: FleetView) -> None:
        """Prepare.

        Args:
            converter: gives the rules as they are now.
            fleet: the clusters.
        """
        self._converter = converter
        self._fleet = fleet
        self._known: dict[tuple[str, str], Mapping[str, Unavailable]] = {}
        self._of: tuple[object, object] = (None, None)

    def __call__(self, api_version: str, kind: str) -> Mapping[str, Unavailable] | None:
        """Name the clusters on which a kind is not available, with the reasons; None before the clusters are known."""
        if not self._fleet.ready:
            return None
        converter, fleet = self._converter(), self._fleet.current
        if self._of[0] is not converter or self._of[1] is not fleet:
            self._known, self._of = {}, (converter, fleet)
        found = self._known.get((api_version, kind))
        if found is None:
            found = self._known[api_version, kind] = _unreachable(api_version, kind, fleet, converter)
        return found


_SERVED = frozenset({Availability.SERVED, Availability.CONVERTIBLE})


def _unreachable(api_version: str, kind: str, fleet: Fleet, converter: Converter) -> dict[str, Unavailable]:
    choices = ((name, choose(api_version, kind, cluster, converter)) for name, cluster in fleet.items())
    return {
        name: Unavailable(choice.why, certain=choice.availability is Availability.UNREACHABLE)
        for name, choice in choices
        if choice.availability not in _SERVED
    }
