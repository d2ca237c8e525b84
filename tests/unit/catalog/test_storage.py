"""Kinds that API servers never store: compared with the operations that the Kubernetes client of a release has."""

import importlib.metadata
import importlib.util
import re
from pathlib import Path

import pytest

from converter.catalog import is_stored, load_catalog
from converter.config import SHIPPED_RULES, Configuration, read_rule_files
from converter.kube import GroupVersionKind


def operations():
    """The methods of the client's API classes, read from its source: importing all of them takes seconds."""
    (package,) = importlib.util.find_spec("kubernetes").submodule_search_locations
    files = sorted((Path(package) / "client" / "api").glob("*_api.py"))
    return {name for file in files for name in re.findall(r"^    def ([a-z]\w+)\(", file.read_text(), re.MULTILINE)}


def snake(kind):
    words = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", kind)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", words).lower()


def test_a_kind_is_stored_if_the_client_can_delete_its_objects():
    known, release = operations(), "v1." + importlib.metadata.version("kubernetes").split(".")[0]
    served = load_catalog().served(release, all_versions=True)
    assert len(served) > 90
    for gvk in served:
        deletes = {f"delete_{snake(gvk.kind)}", f"delete_namespaced_{snake(gvk.kind)}"}
        assert is_stored(gvk) == bool(deletes & known), gvk


@pytest.mark.parametrize("kind", ["TokenReview", "SubjectAccessReview", "SelfSubjectReview"])
def test_only_kubernetes_own_kinds_are_never_stored(kind):
    group = "authorization.k8s.io" if "Access" in kind else "authentication.k8s.io"
    assert not is_stored(GroupVersionKind(group, "v1beta1", kind))
    assert is_stored(GroupVersionKind("example.com", "v1", kind))


def test_the_book_has_rules_for_stored_kinds_only(shipped):
    edges = [edge for leading in shipped.book.edges.values() for edge in leading]
    assert edges
    for edge in edges:
        for version in (edge.source, edge.target):
            assert is_stored(GroupVersionKind.of(version, edge.kind)), edge.rule.name


def test_no_severity_is_about_a_kind_that_is_never_stored():
    catalog = load_catalog()
    stored = {gvk.kind for gvk in catalog.kinds() if is_stored(gvk)}
    entries = Configuration.read(read_rule_files([SHIPPED_RULES]), catalog).severities.entries
    named = {kind for entry in entries for kind in entry.kinds}
    assert len(named) > 10
    assert named <= stored
