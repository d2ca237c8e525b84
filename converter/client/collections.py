"""The collections of Kubernetes and Karmada that the converter reads and writes."""

from __future__ import annotations

from typing import Final

from converter.client.rest import Collection

API_SERVICES: Final = Collection("/apis/apiregistration.k8s.io/v1", "apiservices", namespaced=False)
BINDINGS: Final = Collection("/apis/work.karmada.io/v1alpha2", "resourcebindings")
CLUSTER_BINDINGS: Final = Collection("/apis/work.karmada.io/v1alpha2", "clusterresourcebindings", namespaced=False)
DEPLOYMENTS: Final = Collection("/apis/apps/v1", "deployments")
EVENTS: Final = Collection("/api/v1", "events")
OVERFLOW_OBJECTS: Final = Collection("/apis/apps/v1", "controllerrevisions")
CONVERSION_RULES: Final = Collection("/apis/apiconverter.dev/v1alpha1", "conversionrules", namespaced=False)
FIELD_WEIGHTS: Final = Collection("/apis/apiconverter.dev/v1alpha1", "fieldweights", namespaced=False)
LOSS_POLICIES: Final = Collection("/apis/apiconverter.dev/v1alpha1", "losspolicies", namespaced=False)
SECRETS: Final = Collection("/api/v1", "secrets")
WORKS: Final = Collection("/apis/work.karmada.io/v1alpha1", "works")
