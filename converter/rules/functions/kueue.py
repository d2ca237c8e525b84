"""What steps cannot say about Kueue: a list of names, a class by its source, and domains in slices.

Sources: sigs.k8s.io/kueue v0.15.0, apis/kueue/v1beta1/{clusterqueue,workload}_conversion.go and
pkg/util/tas/tas_assignment.go. v1beta2 is the left version.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from converter.rules.functions.registry import register
from converter.rules.lens import RESTATED, LensError, Note, Notes, drop_foreign, ensure_object, get_object, wrong_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from converter.kube import Json, Path

MAX_DOMAINS: Final = 100_000
"""Domains of one assignment, as the CRD of v1beta2 bounds those of a slice: slices say much in few words."""

_CLASSES: Final = {
    "kueue.x-k8s.io/workloadpriorityclass": ("kueue.x-k8s.io", "WorkloadPriorityClass"),
    "scheduling.k8s.io/priorityclass": ("scheduling.k8s.io", "PriorityClass"),
}
"""What v1beta1 calls the source of a priority class, and v1beta2 by its group and kind."""


def _names_to_rules(manifest: dict[str, Any], _notes: Notes) -> None:
    spec = get_object(manifest, ("spec",))
    names = spec.pop("admissionChecks", None) if spec is not None else None
    if not names:
        return
    if not isinstance(names, list):
        raise wrong_type(("spec", "admissionChecks"), "a list", names)
    ensure_object(manifest, ("spec",))["admissionChecksStrategy"] = {
        "admissionChecks": [{"name": one} for one in names]
    }


def _rules_stay(manifest: dict[str, Any], notes: Notes) -> None:
    spec = get_object(manifest, ("spec",))
    if spec is not None:
        drop_foreign(spec, "admissionChecks", ("spec", "admissionChecks"), notes)


def _source_to_reference(manifest: dict[str, Any], notes: Notes) -> None:
    spec = get_object(manifest, ("spec",))
    if spec is None:
        return
    drop_foreign(spec, "priorityClassRef", ("spec", "priorityClassRef"), notes)
    name, known = spec.pop("priorityClassName", None), _CLASSES.get(spec.get("priorityClassSource") or "")
    if known is not None:
        del spec["priorityClassSource"]
        group, kind = known
        spec["priorityClassRef"] = {"group": group, "kind": kind, **({"name": name} if name else {})}
    else:
        spec.pop("priorityClassSource", None)


def _reference_to_source(manifest: dict[str, Any], notes: Notes) -> None:
    spec = get_object(manifest, ("spec",))
    if spec is None:
        return
    for name in ("priorityClassName", "priorityClassSource"):
        drop_foreign(spec, name, ("spec", name), notes)
    reference = get_object(spec, ("priorityClassRef",))
    spec.pop("priorityClassRef", None)
    if reference is None:
        return
    for source, (group, kind) in _CLASSES.items():
        if (reference.get("group"), reference.get("kind")) == (group, kind):
            spec["priorityClassSource"] = source
            if reference.get("name"):
                spec["priorityClassName"] = reference["name"]


def _domains_to_slices(assignment: dict[str, Any], notes: Notes) -> None:
    drop_foreign(assignment, "slices", ("slices",), notes)
    domains = _list(assignment.pop("domains", None), ("domains",))
    if domains:
        assignment["slices"] = [_slice(domains, len(_list(assignment.get("levels"), ("levels",))))]


def _slices_to_domains(assignment: dict[str, Any], notes: Notes) -> None:
    drop_foreign(assignment, "domains", ("domains",), notes)
    slices = _list(assignment.pop("slices", None), ("slices",))
    levels = len(_list(assignment.get("levels"), ("levels",)))
    domains: list[dict[str, Any]] = []
    for index, one in enumerate(slices):
        path = ("slices", index)
        count = one.get("domainCount") if isinstance(one, dict) else None
        if not isinstance(count, int) or not 0 <= count <= MAX_DOMAINS - len(domains):
            raise LensError(path, f"must have a domainCount, and all slices at most {MAX_DOMAINS} domains")
        columns = [_column(one, level, count, path) for level in range(levels)]
        counts = _spread(one.get("podCounts"), count, (*path, "podCounts"))
        domains += [{"values": [column[at] for column in columns], "count": counts[at]} for at in range(count)]
    assignment["domains"] = domains
    if slices and [_slice(domains, levels)] != slices:
        notes.append(Note(("slices",), slices, RESTATED))


def _slice(domains: Sequence[Json], levels: int) -> dict[str, Any]:
    """Write domains as one slice, with what they have in common written once."""
    rows = []
    for index, domain in enumerate(domains):
        values = domain.get("values") if isinstance(domain, dict) else None
        if not isinstance(values, list) or len(values) < levels or not all(isinstance(value, str) for value in values):
            raise LensError(("domains", index, "values"), "must be a list with one text for each level")
        rows.append(values)
    counts = [domain.get("count", 0) for domain in domains]
    pods = {"universal": counts[0]} if counts.count(counts[0]) == len(counts) else {"individual": counts}
    per_level = [_common([row[level] for row in rows]) for level in range(levels)]
    made = {"domainCount": len(domains), "valuesPerLevel": per_level, "podCounts": pods}
    return {name: value for name, value in made.items() if value != []}


def _common(values: list[str]) -> dict[str, Any]:
    prefix, suffix = _start(values), _start([value[::-1] for value in values])[::-1]
    if len(prefix) == max(map(len, values)):
        return {"universal": prefix}
    shortest = min(map(len, values))
    if len(prefix) + len(suffix) > shortest:  # they overlap, as in "ababa" and "aba"
        prefix = prefix[: shortest - len(suffix)]
    roots = [value[len(prefix) : len(value) - len(suffix)] for value in values]
    shared = {name: text for name, text in (("prefix", prefix), ("suffix", suffix)) if text}
    return {"individual": {**shared, "roots": roots}}


def _start(values: list[str]) -> str:
    """Return what all texts start with."""
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*values, strict=False))
    return "".join(letters[0] for letters in alike)


def _column(one: dict[str, Any], level: int, count: int, path: Path) -> list[str]:
    """Return the value of each domain of a slice at one level."""
    place = (*path, "valuesPerLevel", level)
    levels = _list(one.get("valuesPerLevel"), place[:-1])
    values = levels[level] if level < len(levels) else None
    if isinstance(values, dict) and isinstance(values.get("universal"), str):
        return [values["universal"]] * count
    own = values.get("individual") if isinstance(values, dict) else None
    roots = own.get("roots") if isinstance(own, dict) else None
    if not isinstance(own, dict) or not isinstance(roots, list) or len(roots) < count:
        raise LensError(place, "must have a universal value, or a root for each domain")
    prefix, suffix = own.get("prefix") or "", own.get("suffix") or ""
    return [f"{prefix}{root}{suffix}" for root in roots[:count]]


def _spread(counts: Json, count: int, path: Path) -> list[Json]:
    if isinstance(counts, dict) and counts.get("universal") is not None:
        return [counts["universal"]] * count
    own = counts.get("individual") if isinstance(counts, dict) else None
    if not isinstance(own, list) or len(own) < count:
        raise LensError(path, "must have a universal number, or one for each domain")
    return own


def _list(value: Json, path: Path) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise wrong_type(path, "a list", value)
    return value


register(
    "kueue-admission-checks",
    "v1beta1 can name admission checks without saying for which flavors; v1beta2 always has rules",
    to_left=_names_to_rules,
    to_right=_rules_stay,
    left_fields=("spec.admissionChecksStrategy",),
    right_fields=("spec.admissionChecks", "spec.admissionChecksStrategy"),
    losses_left=1,
)
register(
    "kueue-priority-class",
    "v1beta1 has the name and the source of a priority class; v1beta2 has a reference with a group and a kind",
    to_left=_source_to_reference,
    to_right=_reference_to_source,
    left_fields=("spec.priorityClassRef",),
    right_fields=("spec.priorityClassName", "spec.priorityClassSource"),
)
register(
    "kueue-topology",
    "v1beta1 lists each domain of an assignment; v1beta2 has slices, which write what domains have in common once",
    to_left=_domains_to_slices,
    to_right=_slices_to_domains,
    left_fields=("slices",),
    right_fields=("domains",),
)
