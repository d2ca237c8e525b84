"""Manifests that make a review as expensive as possible: one list or map of a kind, filled with many small items.

`cases` lists a case for each list and map that the catalog gives a kind which is converted or loses something, in each
version, towards each cluster. A case makes a manifest with any number of items, so that a test can double it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.catalog import Release, load_catalog
from converter.clusters import Cluster, Fleet
from converter.works.version_selection import Availability, choose
from tests.nonempty import some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from converter.catalog import FieldType, ObjectType
    from converter.engine import Engine
    from converter.kube import GroupVersionKind

RELEASES: Final = {"v16": Release(1, 16), "v20": Release(1, 20), "v24": Release(1, 24), "v36": Release(1, 36)}
"""The clusters, by name."""

_DEPTH: Final = 12
"""How many fields deep a list may be."""

_SCALARS: Final[dict[str | None, Any]] = {
    "int": 1, "bool": True, "number": 1, "int-or-string": 1, "quantity": "1", "date-time": "2024-01-02T03:04:05Z",
    "bytes": "aGk=",
}  # fmt: skip


class _Step(NamedTuple):
    """A field on the way to a list: its name and its kind."""

    name: str
    kind: str


_Steps = tuple[_Step, ...]


class Filling(NamedTuple):
    """How the items of a list or map are made of its element's type and their number.

    Attributes:
        name: in the name of a case.
        item: makes an item.
    """

    name: str
    item: Callable[[FieldType, int], Any]


def _first_field(element: FieldType, number: int) -> Any:
    """An item with as little in it as possible: a name, or else one field."""
    target = element.innermost.target if element.element is None else None
    if target is None:
        return _minimal(element, number)
    field = next((name for name in ("name", "type", "path", "key") if name in target.fields), None)
    field = field or next((name for name, known in target.fields.items() if known.kind == "scalar"), None)
    return {field: _minimal(target.fields[field], number)} if field is not None else {}


def _unknown_field(element: FieldType, number: int) -> Any:
    """An item with a field that no release knows."""
    return {"x": number} if element.target is not None else _minimal(element, number)


def _all_scalars(element: FieldType, number: int) -> Any:
    """An item with all fields that are scalars, most of which some release lacks."""
    if element.target is None:
        return _minimal(element, number)
    return {name: _minimal(known, 0) for name, known in element.target.fields.items() if known.kind == "scalar"}


FILLINGS: Final = (
    Filling("one field", _first_field),
    Filling("unknown field", _unknown_field),
    Filling("all scalars", _all_scalars),
)


def _minimal(found: FieldType, number: int) -> Any:
    if found.kind == "list" and found.element is not None:
        return [_minimal(found.element, number)]
    if found.kind == "map" and found.element is not None:
        return {f"k{number}": _minimal(found.element, number)}
    if found.kind == "scalar":
        return _SCALARS.get(found.scalar, f"n{number}")
    return {}


class Case(NamedTuple):
    """One worst case.

    Attributes:
        name: the cluster, kind, version, path and filling.
        cluster: the cluster that the Work goes to.
        make: makes the manifests of the Work with a number of items.
    """

    name: str
    cluster: str
    make: Callable[[int], list[dict[str, Any]]]


def fleet() -> Fleet:
    """The clusters that the cases go to."""
    catalog = load_catalog()
    return Fleet.of(Cluster.from_release(name, release, catalog) for name, release in RELEASES.items())


def cases(converter: Engine) -> Iterator[Case]:
    """List the cases of all kinds, versions, lists and clusters."""
    catalog = load_catalog()
    for cluster in some(fleet().values()):
        for gvk in some(catalog.kinds()):
            if not _is_work(converter, cluster, gvk):
                continue
            root = catalog.type_of(max(catalog.releases_of(gvk)), gvk)
            assert root is not None
            for steps, element in _lists(root, (), (root.name,)):
                for filling in FILLINGS:
                    yield _case(cluster.name, gvk, steps, element, filling)


def _is_work(converter: Engine, cluster: Cluster, gvk: GroupVersionKind) -> bool:
    """Whether manifests of a version are converted on their way to a cluster, or may lose something there."""
    choice = choose(gvk.api_version, gvk.kind, cluster, converter)
    if choice.availability is Availability.SERVED:
        return converter.losses.may_lose(cluster.release, gvk.api_version, gvk.kind)
    return choice.route is not None


def _lists(root: ObjectType, before: tuple[_Step, ...], inside: tuple[str, ...]) -> Iterator[tuple[_Steps, FieldType]]:
    """Yield the way to each list and map below a type, and what it holds."""
    for name, found in root.fields.items():
        if (not before and name in {"metadata", "status"}) or len(before) > _DEPTH:
            continue
        steps = (*before, _Step(name, found.kind))
        if found.element is not None:
            yield steps, found.element
        target = found.innermost.target
        if target is not None and target.name not in inside:
            yield from _lists(target, steps, (*inside, target.name))


def _case(cluster: str, gvk: GroupVersionKind, steps: _Steps, element: FieldType, filling: Filling) -> Case:
    *above, last = steps

    def make(count: int) -> list[dict[str, Any]]:
        items = [filling.item(element, number) for number in range(count)]
        value: Any = items if last.kind == "list" else {f"k{number}": item for number, item in enumerate(items)}
        value = {last.name: value}
        for step in reversed(above):
            value = {step.name: [value] if step.kind == "list" else {"k": value} if step.kind == "map" else value}
        return [{"apiVersion": gvk.api_version, "kind": gvk.kind, "metadata": {"name": "a"}, **value}]

    place = ".".join(step.name for step in steps)
    return Case(f"{cluster} {gvk.kind} {gvk.api_version} {place}, {filling.name}", cluster, make)
