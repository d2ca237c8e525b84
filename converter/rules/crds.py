"""CustomResourceDefinitions: which versions they have, with which schemas. Reads v1 and v1beta1."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from converter.errors import ConverterError
from converter.kube import GroupVersionKind, name_of
from converter.rules.schema import SchemaError, has_field, read_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from converter.kube import Json, Manifest, Path
    from converter.rules.schema import Schema

KIND = "CustomResourceDefinition"

_SIMILAR: Final = 0.85
"""From which similarity on a kind is a misspelling. Setting and Settings of one group are two kinds, both known."""

_OLD = "apiextensions.k8s.io/v1beta1"


class CrdError(ConverterError):
    """A CustomResourceDefinition that cannot be read.

    Attributes:
        name: its name.
        problem: what is wrong with it.
    """

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        self.problem = problem
        super().__init__(f"CustomResourceDefinition {name}: {problem}")


@dataclass(frozen=True, slots=True)
class Crd:
    """A kind of custom resources.

    Attributes:
        group: its API group.
        kind: the kind.
        plural: its name in URLs.
        namespaced: whether its objects are namespaced.
        strategy: how the API server converts: ``None``, by the apiVersion alone, or ``Webhook``.
        schemas: the ``openAPIV3Schema`` of each version, by apiVersion, in the order of the CRD.
        served: the apiVersions that the CRD serves.
        prunes: whether the API server drops the fields that a schema does not name.
    """

    group: str
    kind: str
    plural: str
    namespaced: bool
    strategy: str
    schemas: Mapping[str, Json]
    served: frozenset[str] = frozenset()
    prunes: bool = True


def read_crd(manifest: Manifest) -> Crd:
    """Read a CustomResourceDefinition.

    Raises:
        CrdError: a field that identifies the kind or a version is missing, or has another type.
    """
    name = name_of(manifest)
    spec = _object(manifest, "spec", name)
    names = _object(spec, "names", name)
    group, kind, plural = _text(spec, "group", name), _text(names, "kind", name), _text(names, "plural", name)
    conversion = spec.get("conversion")
    strategy = conversion.get("strategy") if isinstance(conversion, dict) else None
    shared = spec.get("validation")
    versions = spec.get("versions")
    if versions is None and isinstance(spec.get("version"), str):  # v1beta1 with one version
        versions = [{"name": spec["version"]}]
    if not isinstance(versions, list) or not versions:
        raise CrdError(name, "spec.versions must be a list of versions")
    schemas: dict[str, Json] = {}
    served: set[str] = set()
    for version in versions:
        if not isinstance(version, dict):
            raise CrdError(name, "spec.versions must be a list of objects")
        own = version.get("schema", shared)
        schema = own.get("openAPIV3Schema") if isinstance(own, dict) else None
        api_version = f"{group}/{_text(version, 'name', name)}"
        schemas[api_version] = {} if schema is None else schema
        if version.get("served", True) is not False:
            served.add(api_version)
    is_namespaced = spec.get("scope") != "Cluster"
    prunes = _prunes(manifest, spec)
    return Crd(group, kind, plural, is_namespaced, strategy or "None", schemas, frozenset(served), prunes)


def _prunes(manifest: Manifest, spec: dict[str, Any]) -> bool:
    """Whether unknown fields are dropped: ``preserveUnknownFields`` is true by default in v1beta1, and false in v1."""
    preserves = spec.get("preserveUnknownFields")
    return preserves is False if manifest.get("apiVersion") == _OLD else preserves is not True


def _object(holder: dict[str, Any], key: str, name: str) -> dict[str, Any]:
    found = holder.get(key)
    if not isinstance(found, dict):
        raise CrdError(name, f"{key} must be an object")
    return found


def _text(holder: dict[str, Any], key: str, name: str) -> str:
    found = holder.get(key)
    if not isinstance(found, str) or not found:
        raise CrdError(name, f"{key} must be a non-empty string")
    return found


@dataclass(slots=True)
class CrdSchemas:
    """The schemas of the versions of some custom resources.

    Attributes:
        crds: the custom resources.
        groups: their API groups.
    """

    crds: tuple[Crd, ...] = ()
    _documents: dict[GroupVersionKind, Json] = field(default_factory=dict)
    _read: dict[GroupVersionKind, Schema] = field(default_factory=dict)

    @classmethod
    def of(cls, manifests: Iterable[Manifest]) -> CrdSchemas:
        """Read the CustomResourceDefinitions among some manifests.

        Raises:
            CrdError: one cannot be read.
        """
        crds = tuple(read_crd(manifest) for manifest in manifests if manifest.get("kind") == KIND)
        documents = {
            GroupVersionKind.of(version, crd.kind): schema for crd in crds for version, schema in crd.schemas.items()
        }
        read = {gvk: _schema(document, gvk) for gvk, document in documents.items()}
        return cls(crds, documents, read)

    @property
    def source(self) -> str:
        """The place that has the fields."""
        return "the CRD"

    @property
    def nobody(self) -> str:
        """What to say of a kind that is not known."""
        return "no CRD given"

    def expects(self, gvk: GroupVersionKind) -> bool:
        """Whether the kind is one of the custom resources, or a misspelling of one."""
        return (gvk.group, gvk.kind) in self.kinds or self._meant(gvk) is not None

    def hint(self, gvk: GroupVersionKind) -> str:
        """Name the kind that was meant, or the versions of the kind."""
        meant = self._meant(gvk)
        if meant is not None:
            return f"check the spelling: there is a CRD of {meant}"
        versions = (
            known.api_version for known in self._documents if (known.group, known.kind) == (gvk.group, gvk.kind)
        )
        return f"check the version, or give the CRD that has it, too; known: {', '.join(versions)}"

    def _meant(self, gvk: GroupVersionKind) -> str | None:
        """Find a kind of the same group whose name is similar; None if the kind is known, or none is."""
        names = [kind for group, kind in sorted(self.kinds) if group == gvk.group]
        near = [] if gvk.kind in names else get_close_matches(gvk.kind, names, n=1, cutoff=_SIMILAR)
        return near[0] if near else None

    @property
    def kinds(self) -> frozenset[tuple[str, str]]:
        """Each group with a kind."""
        return frozenset((crd.group, crd.kind) for crd in self.crds)

    def document(self, gvk: GroupVersionKind) -> Json:
        """Return the ``openAPIV3Schema`` of a version; None if no CRD has it."""
        return self._documents.get(gvk)

    def has(self, gvk: GroupVersionKind) -> bool:
        """Whether a CRD has the version."""
        return gvk in self._documents

    def has_field(self, gvk: GroupVersionKind, path: Path) -> bool:
        """Whether a version has a field, or keeps fields that its schema does not name."""
        schema = self._read.get(gvk)
        return schema is not None and (path[:1] == ("metadata",) or has_field(schema, path))


def _schema(document: Json, gvk: GroupVersionKind) -> Schema:
    try:
        return read_schema(document)
    except SchemaError as error:
        raise CrdError(f"of {gvk.kind}", f"the schema of {gvk.version}: {error}") from error
