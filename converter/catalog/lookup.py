"""Looks up what a release serves, and which fields its types have."""

from __future__ import annotations

from functools import cache, cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from converter.catalog.data import Document, Source, TypeTable, read_document
from converter.catalog.effective import EffectiveTypes
from converter.catalog.feature_gates import DEFAULT_GATES, gate_table
from converter.catalog.release import Release, UnknownReleaseError
from converter.kube import GroupVersionKind, parse_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.catalog.feature_gates import FeatureGate, GateSettings, Requirement
    from converter.catalog.types import FieldType, ObjectType, Values
    from converter.kube import Path


_SETTINGS_CACHED: Final = 4096
"""Releases with settings of gates whose answer is cached; every cluster can have settings of its own."""


_RELEASES_CACHED: Final = 256
"""Releases whose place in the catalog is cached; clusters name them."""


class Resource(NamedTuple):
    """How one release serves one kind.

    Attributes:
        plural: the resource's name in paths: ``cronjobs``.
        namespaced: whether its objects live in a namespace.
        subresources: ``status``, ``scale``, …, in alphabetical order.
        default_on: whether the API server serves it without a ``--runtime-config``.
    """

    plural: str
    namespaced: bool
    subresources: tuple[str, ...]
    default_on: bool


class _Known(NamedTuple):
    resource: Resource
    type_name: str


class Catalog:
    """What each Kubernetes release serves, and which fields its types have.

    For a release newer than the catalog, the newest one in the catalog answers. A release older than the catalog raises
    `UnknownReleaseError`. Every answer is immutable.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._types = TypeTable(document)
        self._effective = EffectiveTypes()
        self._gates = gate_table((data.gates, data.gates_gone) for data in document.releases)
        self._releases = tuple(Release.parse(data.release) for data in document.releases)
        self._place = lru_cache(maxsize=_RELEASES_CACHED)(self._find_place)
        self._known = [self._read(data.resources) for data in document.releases]
        self._off_gates: dict[tuple[int, GateSettings], frozenset[str]] = {}
        self._served: dict[tuple[int, bool], Mapping[GroupVersionKind, Resource]] = {}

    def _read(self, numbers: Iterable[int]) -> dict[GroupVersionKind, _Known]:
        known = {}
        for number in numbers:
            group, version, kind, plural, namespaced, subresources, on, type_name = self._document.resources[number]
            resource = Resource(plural, namespaced, tuple(subresources), on)
            known[GroupVersionKind(group, version, kind)] = _Known(resource, type_name)
        return dict(sorted(known.items()))

    @property
    def releases(self) -> tuple[Release, ...]:
        """The releases in the catalog, oldest first."""
        return self._releases

    @property
    def defaults(self) -> Mapping[str, Mapping[str, Any]]:
        """The values that servers fill into fields which are not in every release, by type name and field."""
        return self._document.defaults

    @property
    def sources(self) -> tuple[Source, ...]:
        """The published packages that the catalog was made from."""
        return tuple(self._document.sources)

    def nearest(self, release: Release | str) -> Release:
        """Return the release in the catalog that answers for this one: itself, or the newest if it is newer.

        Raises:
            ReleaseFormatError: a release given as text is not one.
            UnknownReleaseError: it is older than the oldest.
        """
        wanted = Release.parse(release) if isinstance(release, str) else release
        if wanted < self._releases[0]:
            raise UnknownReleaseError(wanted, self._releases[0])
        return max(known for known in self._releases if known <= wanted)

    def _find_place(self, release: Release | str) -> int:
        return self._releases.index(self.nearest(release))

    def served(self, release: Release | str, *, all_versions: bool = False) -> Mapping[GroupVersionKind, Resource]:
        """List what a release serves, sorted by group, version and kind.

        Args:
            release: as `Release`, or as text that `Release.parse` reads.
            all_versions: also versions that it has but serves only with ``--runtime-config``.

        Raises:
            ReleaseFormatError: a release given as text is not one.
            UnknownReleaseError: it is older than the oldest in the catalog.
        """
        key = (self._place(release), all_versions)
        if key not in self._served:
            self._served[key] = MappingProxyType(
                {
                    gvk: known.resource
                    for gvk, known in self._known[key[0]].items()
                    if all_versions or known.resource.default_on
                }
            )
        return self._served[key]

    def kinds(self) -> tuple[GroupVersionKind, ...]:
        """List every group, version and kind that any release has, sorted."""
        return tuple(sorted({gvk for known in self._known for gvk in known}))

    def releases_of(self, gvk: GroupVersionKind, *, default_only: bool = False) -> tuple[Release, ...]:
        """List the releases that have a kind in a version, or only those that serve it by default."""
        return tuple(
            release
            for release, known in zip(self._releases, self._known, strict=True)
            if gvk in known and (known[gvk].resource.default_on or not default_only)
        )

    def type_of(self, release: Release | str, gvk: GroupVersionKind) -> ObjectType | None:
        """Return the type of a kind's objects in a release; None if the release does not have the kind.

        Releases with identical fields of the kind return the same `ObjectType`.

        Raises:
            ReleaseFormatError: a release given as text is not one.
            UnknownReleaseError: it is older than the oldest in the catalog.
        """
        place = self._place(release)
        known = self._known[place].get(gvk)
        return self._types.find(place, known.type_name) if known is not None else None

    def gates(self, release: Release | str) -> Mapping[str, FeatureGate]:
        """Return the feature gates of a release by name; empty before v1.15, whose sources have no release numbers.

        Raises:
            ReleaseFormatError: a release given as text is not one.
            UnknownReleaseError: it is older than the oldest in the catalog.
        """
        return MappingProxyType(self._gates[self._place(release)])

    @cached_property
    def field_names(self) -> frozenset[str]:
        """The names of all fields of all types of all releases."""
        return frozenset(name for shape in self._document.shapes for name in shape)

    @cached_property
    def gates_ever(self) -> frozenset[str]:
        """The names of all feature gates of all releases."""
        return frozenset(name for gates in self._gates for name in gates)

    def stored_type_of(
        self, release: Release | str, gvk: GroupVersionKind, settings: GateSettings = DEFAULT_GATES
    ) -> ObjectType | None:
        """Return what a server of a release stores of a kind's objects; None where the release does not know the kind.

        Without the fields whose feature gate is off there; what is stored only for some values has a condition.

        Args:
            release: the server's.
            gvk: the group, version and kind.
            settings: the feature gates that the server sets.

        Raises:
            ReleaseFormatError: a release given as text is not one.
            UnknownReleaseError: it is older than the oldest in the catalog.
        """
        full = self.type_of(release, gvk)
        return self._effective.of(full, self._off(self._place(release), settings)) if full is not None else None

    def gate_of(
        self, gvk: GroupVersionKind, path: str | Path, release: Release | str, settings: GateSettings = DEFAULT_GATES
    ) -> FeatureGate | None:
        """Return the feature gate that a field needs in a release: where several are needed, one that is off.

        None where the release has no such field, where no gate matters, and where the server always drops it.

        Raises:
            ManifestError: a path given as text is not one (see `converter.kube.parse_path`).
            ReleaseFormatError: a release given as text is not one.
            UnknownReleaseError: it is older than the oldest in the catalog.
        """
        needs = self.requirements(gvk, path, release)
        off = self._off(self._place(release), settings)
        missing = [name for need in needs for name in need.missing(off) or sorted(need.gates & off)]
        names = missing or [name for need in needs for name in sorted(need.gates)]
        return self.gates(release).get(names[0]) if names else None

    def requirements(self, gvk: GroupVersionKind, path: str | Path, release: Release | str) -> tuple[Requirement, ...]:
        """List what the fields on a path need to be stored in a release, from the outermost to the innermost.

        Raises:
            ManifestError: a path given as text is not one (see `converter.kube.parse_path`).
            ReleaseFormatError: a release given as text is not one.
            UnknownReleaseError: it is older than the oldest in the catalog.
        """
        steps = parse_path(path) if isinstance(path, str) else path
        fields = (self.field_at(release, gvk, steps[: end + 1]) for end in range(len(steps)))
        return tuple(field.requirement for field in fields if field is not None and field.requirement is not None)

    def _off(self, place: int, settings: GateSettings) -> frozenset[str]:
        key = (place, settings)
        found = self._off_gates.get(key)
        if found is None:
            if len(self._off_gates) >= _SETTINGS_CACHED:
                self._off_gates.clear()
            found = self._off_gates[key] = settings.off(self._gates[place])
        return found

    def field_at(self, release: Release | str, gvk: GroupVersionKind, path: str | Path) -> FieldType | None:
        """Return the type of the field at a path; None if the release has no such kind or field.

        ``[*]``, ``[0]`` and ``[name=x]`` step into lists, a key or ``[*]`` into maps. Inside free-form JSON
        every path exists, and the type is `ANY`.

        Raises:
            ManifestError: a path given as text is not one (see `converter.kube.parse_path`).
            ReleaseFormatError: a release given as text is not one.
            UnknownReleaseError: it is older than the oldest in the catalog.
        """
        root = self.type_of(release, gvk)
        return root.field_at(path) if root is not None else None

    def values_at(self, release: Release | str, gvk: GroupVersionKind, path: str | Path) -> Values | None:
        """Return the values that a release knows of the enumeration at a path, or in the list there.

        None if there is no such field, if it takes any string, if the values are the same in all releases,
        and if the values of the release are not known: the sources begin with v1.15.

        Raises:
            ManifestError: a path given as text is not one (see `converter.kube.parse_path`).
            ReleaseFormatError: a release given as text is not one.
            UnknownReleaseError: it is older than the oldest in the catalog.
        """
        found = self.field_at(release, gvk, path)
        return found.innermost.values if found is not None else None

    def values_ever(self, gvk: GroupVersionKind, path: str | Path, value: str) -> tuple[Release, ...]:
        """Name the releases that know a value of the enumeration at a path; empty where none does, or all do.

        Raises:
            ManifestError: a path given as text is not one (see `converter.kube.parse_path`).
        """
        steps = parse_path(path) if isinstance(path, str) else path
        found = ((release, self.values_at(release, gvk, steps)) for release in self._releases)
        return tuple(release for release, values in found if values is not None and value in values.known)

    def fields_ever(self, gvk: GroupVersionKind, path: str | Path) -> tuple[Release, ...]:
        """Name the releases whose objects of this kind have this path; empty where none ever had.

        Raises:
            ManifestError: a path given as text is not one (see `converter.kube.parse_path`).
        """
        steps = parse_path(path) if isinstance(path, str) else path
        return tuple(release for release in self._releases if self.field_at(release, gvk, steps) is not None)

    def has_field(self, gvk: GroupVersionKind, path: str | Path) -> bool:
        """Whether any release's objects of this kind have this path.

        Raises:
            ManifestError: a path given as text is not one (see `converter.kube.parse_path`).
        """
        return bool(self.fields_ever(gvk, path))


@cache
def load_catalog() -> Catalog:
    """Load the catalog that ships with the package; cached for the process.

    Raises:
        CatalogDataError: its data file cannot be read.
    """
    return Catalog(read_document())
