"""Reads clusters from a file: each by its release, its versions, or a saved Karmada Cluster object."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from converter.catalog import DEFAULT_GATES, CatalogError, GateSettings, Release, load_catalog
from converter.clusters.cluster import Cluster
from converter.clusters.fleet import Fleet
from converter.errors import ConverterError, ManifestError, ProblemCode, RuleProblem
from converter.files import FileError, read_regular
from converter.karmada.names import FEATURE_GATES_ANNOTATION, GROUP
from converter.kube import split_api_version
from converter.rules.yaml_source import Cursor, Problems, read_documents
from converter.yaml import YamlError, decode, load

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from converter.catalog import Catalog

API_VERSION = f"{GROUP}/v1alpha1"
KIND = "ClusterInventory"
MAX_FILE = 16 << 20
"""The largest inventory, or saved Cluster, in bytes: a few thousand clusters with all their kinds."""
_WAYS = ("release", "versions", "cluster")


class InventoryError(ConverterError):
    """An inventory that cannot be used, with every problem found in it.

    Attributes:
        problems: all of them, in the order of lines; at least one.
    """

    def __init__(self, problems: Iterable[RuleProblem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the inventory"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))


def read_inventory(path: str | os.PathLike[str], catalog: Catalog | None = None) -> Fleet:
    """Read an inventory file, YAML or JSON.

    Args:
        path: the file; paths of saved Cluster objects are relative to its folder.
        catalog: what each release serves; by default the one that ships with the package.

    Raises:
        InventoryError: with every problem, its file and its line.
    """
    file = Path(path)
    problems = Problems(str(path))
    try:
        text = decode(read_regular(file, MAX_FILE))
    except (OSError, UnicodeDecodeError, FileError) as error:
        problem = RuleProblem(str(path), 0, f"cannot be read: {_reason(error)}", code=ProblemCode.UNREADABLE)
        raise InventoryError([problem]) from None
    clusters: dict[str, Cluster] = {}
    documents = read_documents(text, problems)
    if not documents and not problems.found:
        hint = f"start it with apiVersion: {API_VERSION}, kind: {KIND}"
        problems.add(0, "does not contain an inventory", hint, ProblemCode.MISSING)
    for document in documents:
        _read_document(Cursor.at_root(document, problems), file.parent, catalog, clusters)
    if problems.found:
        raise InventoryError(sorted(problems.found, key=lambda problem: problem.line))
    return Fleet(clusters)


def _read_document(root: Cursor, folder: Path, catalog: Catalog | None, clusters: dict[str, Cluster]) -> None:
    if not root.expect(dict, "a mapping"):
        return
    root.only(("apiVersion", "kind", "metadata", "clusters"), "an inventory")
    root.choice("apiVersion", (API_VERSION,))
    root.choice("kind", (KIND,))
    if not root.has("clusters"):
        root.problem("clusters is missing", "list the clusters, or write clusters: []", ProblemCode.MISSING)
        return
    for entry in root.child("clusters").entries():
        if not entry.expect(dict, "a mapping"):
            continue
        cluster = _read_cluster(entry, folder, catalog)
        if cluster is None:
            continue
        if cluster.name in clusters:
            entry.problem(
                f"the name {cluster.name!r} is used more than once",
                "give each cluster its own name",
                ProblemCode.DUPLICATE,
            )
        clusters[cluster.name] = cluster


def _read_cluster(entry: Cursor, folder: Path, catalog: Catalog | None) -> Cluster | None:
    entry.only(("name", "labels", "complete", "featureGates", *_WAYS), "a cluster")
    name = entry.text("name")
    labels = _labels(entry)
    gates = _gates(entry, catalog)
    ways = [way for way in _WAYS if entry.has(way)]
    if len(ways) != 1:
        given = "none of them" if not ways else " and ".join(ways)
        entry.problem(
            f"a cluster must have one of {', '.join(_WAYS)}, not {given}",
            "docs/reference/inventory.md describes each",
            ProblemCode.CONFLICT,
        )
        return None
    complete = _complete(entry) if ways[0] == "versions" else None
    if ways[0] != "versions" and entry.has("complete"):
        entry.child("complete").problem("complete is allowed with versions only", "remove it", ProblemCode.CONFLICT)
    if ways[0] == "versions":
        return _from_versions(entry, name, labels, gates, complete is not False)
    if ways[0] == "cluster":
        return _from_saved(entry, name, labels, gates, folder)
    return _from_release(entry, name, labels, gates, catalog)


def _from_release(
    entry: Cursor, name: str, labels: dict[str, str], gates: GateSettings | None, catalog: Catalog | None
) -> Cluster | None:
    text = entry.text("release")
    if not text:
        return None
    try:
        release = Release.parse(text)
        return Cluster.from_release(
            name, release, catalog or load_catalog(), labels=labels, gates=gates or DEFAULT_GATES
        )
    except CatalogError as error:
        entry.child("release").problem(str(error))
        return None


def _from_versions(
    entry: Cursor,
    name: str,
    labels: dict[str, str],
    gates: GateSettings | None,
    complete: bool,  # noqa: FBT001  one of the file's own fields
) -> Cluster:
    versions: dict[str, list[str]] = {}
    for api_version, kinds in entry.child("versions").items():
        try:
            split_api_version(api_version)
        except ManifestError as error:
            kinds.problem(error.problem)
            continue
        versions[api_version] = [kind.value for kind in kinds.entries() if kind.expect(str, "a kind")]
    return Cluster.from_versions(name, versions, complete=complete, labels=labels, gates=gates or DEFAULT_GATES)


def _from_saved(
    entry: Cursor, name: str, labels: dict[str, str], gates: GateSettings | None, folder: Path
) -> Cluster | None:
    relative = entry.text("cluster")
    if not relative:
        return None
    try:
        text = decode(read_regular(folder / relative, MAX_FILE))
        saved = Cluster.from_karmada(load(text))
    except (OSError, ValueError, YamlError, ManifestError, FileError) as error:
        entry.child("cluster").problem(
            f"{relative}: {_reason(error)}", "save one with `kubectl get cluster NAME -o json`", ProblemCode.UNREADABLE
        )
        return None
    if gates is None and saved.gates_problem:
        entry.child("cluster").problem(f"{relative}: annotation {FEATURE_GATES_ANNOTATION}: {saved.gates_problem}")
    together = {**saved.labels, **labels}
    return Cluster(name, saved.served, saved.complete, saved.release, together, saved.gates if gates is None else gates)


def _labels(entry: Cursor) -> dict[str, str]:
    if not entry.has("labels"):
        return {}
    return {key: child.value for key, child in entry.child("labels").items() if child.expect(str, "a string")}


def _gates(entry: Cursor, catalog: Catalog | None) -> GateSettings | None:
    """Read ``featureGates``, a mapping of names to booleans; None where the entry has none."""
    if not entry.has("featureGates"):
        return None
    child = entry.child("featureGates")
    switched = {name: value.value for name, value in child.items() if value.expect(bool, "true or false")}
    gates = GateSettings.of(switched)
    error = gates.unknown((catalog or load_catalog()).gates_ever)
    if error is not None:
        child.problem(str(error))
    return gates


def _complete(entry: Cursor) -> bool | None:
    if not entry.has("complete"):
        return None
    child = entry.child("complete")
    return bool(child.value) if child.expect(bool, "true or false") else None


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    if isinstance(error, FileError):
        return error.problem
    return str(error).split("\n", maxsplit=1)[0]
