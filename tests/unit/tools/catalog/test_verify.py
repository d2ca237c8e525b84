"""The verifier: it must see a difference where there is one (that there is none, its own run says)."""

import json

import pytest

from converter.kube import GroupVersionKind
from tools.catalog import verify

OLD = """
import (
	appsv1beta1 "k8s.io/api/apps/v1beta1"
	appsv1 "k8s.io/api/apps/v1"
	extensionsapiv1beta1 "k8s.io/api/extensions/v1beta1"
)
	ret.EnableVersions(
		appsv1.SchemeGroupVersion,
	)
	ret.DisableResources(
		extensionsapiv1beta1.SchemeGroupVersion.WithResource("daemonsets"),
	)
	ret.DisableVersions(
		appsv1beta1.SchemeGroupVersion,
	)
"""
NEW = """
	batchapiv1beta1 "k8s.io/api/batch/v1beta1"
	stableAPIGroupVersionsEnabledByDefault = []schema.GroupVersion{
		apiv1.SchemeGroupVersion,
	}
	legacyBetaEnabledByDefaultResources = []schema.GroupVersionResource{
		batchapiv1beta1.SchemeGroupVersion.WithResource("cronjobs"), // remove in 1.25
	}
	betaAPIGroupVersionsDisabledByDefault = []schema.GroupVersion{
		batchapiv1beta1.SchemeGroupVersion,
	}
"""
CONFIG_MAP = {"group": "", "version": "v1", "kind": "ConfigMap"}


@pytest.fixture
def source(tmp_path):
    def make(release, file, go, fields):
        root = tmp_path / f"kubernetes@{release}"
        (root / file).parent.mkdir(parents=True)
        (root / file).write_text(go)
        (root / "api/openapi-spec").mkdir(parents=True)
        operation = {"get": {"x-kubernetes-group-version-kind": CONFIG_MAP}}
        schema = {"properties": fields, "x-kubernetes-group-version-kind": [CONFIG_MAP]}
        document = {
            "paths": {"/api/v1/namespaces/{namespace}/configmaps/{name}": operation},
            "definitions": {"io.k8s.api.core.v1.ConfigMap": schema},
        }
        (root / "api/openapi-spec/swagger.json").write_text(json.dumps(document))
        return root

    return make


def test_what_an_old_release_turns_on_and_off(source):
    on, off = verify.enabled(source("v1.16.15", "pkg/master/master.go", OLD, {}))
    assert on == {("apps", "v1", "")}
    assert off == {("apps", "v1beta1", ""), ("extensions", "v1beta1", "daemonsets")}


def test_what_a_newer_release_turns_on_and_off(source):
    on, off = verify.enabled(source("v1.24.17", "pkg/controlplane/instance.go", NEW, {}))
    assert on == {("batch", "v1beta1", "cronjobs")}
    assert off == {("batch", "v1beta1", "")}


def test_missing_kinds_and_fields_and_other_types_are_seen(catalog, source):
    fields = {
        "immutable": {"type": "string"},
        "data": {"additionalProperties": {"type": "string"}, "type": "object"},
        "surplus": {"type": "string"},
    }
    found = list(verify.differences(catalog, source("v1.20.15", "pkg/controlplane/instance.go", NEW, fields)))
    assert "v1 ConfigMap V1ConfigMap.surplus: only Kubernetes has it" in found
    assert "v1 ConfigMap V1ConfigMap.binaryData: only the catalog has it" in found
    assert "v1 ConfigMap V1ConfigMap.immutable: the catalog says bool, Kubernetes string" in found
    assert not [text for text in found if "V1ConfigMap.data:" in text]
    assert f"{GroupVersionKind('', 'v1', 'Pod')}: only the catalog has it" in found
