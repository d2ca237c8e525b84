"""Paths are shortened to what their types say: a request cannot make new ones without end."""

import pytest

from converter.catalog import load_catalog
from converter.kube import GroupVersionKind, format_path, parse_path
from converter.losses.schema_path import SchemaPaths

PATHS = SchemaPaths(load_catalog())
CRD = GroupVersionKind.of("apiextensions.k8s.io/v1", "CustomResourceDefinition")
DEPLOYMENT = GroupVersionKind.of("apps/v1", "Deployment")
SCHEMA = "spec.versions[*].schema.openAPIV3Schema"


@pytest.mark.parametrize(
    ("gvk", "path", "expected"),
    [
        (DEPLOYMENT, "spec.template.spec.containers[3].image", "spec.template.spec.containers[*].image"),
        (DEPLOYMENT, "spec.template.spec.containers[name=a].x", "spec.template.spec.containers[*].x"),
        (DEPLOYMENT, "spec.template.spec.nodeSelector.disk", "spec.template.spec.nodeSelector[*]"),
        (DEPLOYMENT, "spec.x.y.z", "spec.x"),
        (CRD, f"{SCHEMA}.properties.spec.properties.a.items.x", f"{SCHEMA}.x"),
        (CRD, f"{SCHEMA}.properties.spec.default.a.b", f"{SCHEMA}.default"),
        (GroupVersionKind.of("a.example/v1", "Own"), "a[0].b", "a[*].b"),
    ],
)
def test_a_path_is_shortened_to_its_type(gvk, path, expected):
    assert format_path(PATHS.of(gvk, parse_path(path))) == expected
