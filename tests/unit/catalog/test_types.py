"""Properties of every type of every release, by walking the whole catalog."""

import pytest

from converter.catalog import load_catalog, walk
from converter.kube import GroupVersionKind
from tests.nonempty import some

RELEASES = [str(release) for release in load_catalog().releases]
SCALARS = {"string", "int", "bool", "number", "int-or-string", "quantity", "date-time", "bytes"}


def every_type(root):
    seen, todo = {root.name: root}, [root]
    while todo:
        for field in todo.pop().fields.values():
            target = field.innermost.target
            if target is not None and target.name not in seen:
                seen[target.name] = target
                todo.append(target)
    return seen.values()


@pytest.mark.parametrize("release", RELEASES)
def test_every_kind_is_an_object_and_every_reference_resolves(catalog, release):
    for kind in some(catalog.served(release, all_versions=True)):
        root = catalog.type_of(release, kind)
        assert {"apiVersion", "kind", "metadata"} <= set(root.fields), kind
        assert root.field_at("metadata.annotations[*]").scalar == "string", kind
        for found in some(every_type(root)):
            assert found.fields, found
            assert list(found.fields) == sorted(found.fields), found


@pytest.mark.parametrize("release", RELEASES)
def test_every_field_is_one_of_five_things(catalog, release):
    for kind in some(catalog.served(release, all_versions=True)):
        for found in some(every_type(catalog.type_of(release, kind))):
            for name, field in some(found.fields.items()):
                inner = field.innermost
                assert (inner.scalar in SCALARS) is (inner.kind == "scalar"), (found, name)
                assert (inner.target is not None) is (inner.kind == "object"), (found, name)
                assert inner.kind in {"scalar", "object", "any"}, (found, name)


def test_every_path_of_a_walk_leads_back_to_its_type(catalog):
    for text in ("networking.k8s.io/v1 Ingress", "apiextensions.k8s.io/v1 CustomResourceDefinition", "v1 Pod"):
        version, kind = text.split()
        root = catalog.type_of("v1.36", GroupVersionKind.of(version, kind))
        paths = dict(walk(root))
        assert len(paths) > 50
        for path, field in paths.items():
            assert root.field_at(path) == field, path


def test_a_type_inside_itself_ends(catalog):
    root = catalog.type_of("v1.36", GroupVersionKind.of("apiextensions.k8s.io/v1", "CustomResourceDefinition"))
    schema = "spec.versions[*].schema.openAPIV3Schema"
    paths = dict(walk(root))
    assert f"{schema}.not" in paths
    assert f"{schema}.not.not" not in paths
    assert root.field_at(f"{schema}.not.allOf[*].additionalProperties.not") == paths[f"{schema}.not"]
    assert paths[f"{schema}.additionalProperties"].loose


def test_a_walk_stops_at_its_depth(catalog):
    root = catalog.type_of("v1.36", GroupVersionKind.of("v1", "Pod"))
    assert {path for path, _ in walk(root, depth=1)} == {"apiVersion", "kind", "metadata", "spec", "status"}
