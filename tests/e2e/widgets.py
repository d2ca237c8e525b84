"""A custom resource with two versions, and the rule between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.controlplanes.client import Json

WIDGET = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.org"},
    "spec": {
        "group": "example.org",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
        "versions": [],
    },
}
SCHEMA = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
RULE = """\
apiVersion: apiconverter.dev/v1alpha1
kind: ConversionRule
metadata: {name: widget-v1-v1beta1}
spec:
  kind: Widget
  resource: {plural: widgets}
  between: [example.org/v1, example.org/v1beta1]
  steps:
    - rename: {spec.size: spec.length}
    - rename: {status.ready: status.isReady}
"""


def crd(*versions: str) -> Json:
    """The CRD with these versions, all served; the first one is stored."""
    served = [
        {"name": name, "served": True, "storage": name == versions[0], "schema": SCHEMA, "subresources": {"status": {}}}
        for name in versions
    ]
    return {**WIDGET, "spec": {**WIDGET["spec"], "versions": served}}
