"""Which of its APIs the API server of a release serves by default.

The sources are each release's ``DefaultAPIResourceConfigSource`` (``pkg/master/master.go`` up to v1.19,
``pkg/controlplane/instance.go`` since), read for all of v1.12 to v1.37:

- stable versions are on, alpha versions are off, always;
- beta versions were on up to v1.23, except what v1.16 and v1.17 turned off before v1.18 removed it;
- since v1.24 (KEP-3136) beta versions are off, except a list of resources that were on before and had no
  stable version yet: ``legacyBetaEnabledByDefaultResources``.

A group served by another server inside kube-apiserver (apiextensions.k8s.io, apiregistration.k8s.io) follows
the same rule: its betas ended with v1.21, before the rule changed.
"""

from __future__ import annotations

# v1.16 and v1.17: `ret.DisableVersions` and `ret.DisableResources` of master.go. Ingress stayed on.
_TURNED_OFF_IN = frozenset({16, 17})
_TURNED_OFF = frozenset({("apps", "v1beta1"), ("apps", "v1beta2"), ("extensions", "v1beta1")})
_LEFT_ON = ("extensions", "v1beta1", "ingresses")

_OFF_SINCE = 24
# legacyBetaEnabledByDefaultResources; the releases that still know the version (instance.go of v1.24 to v1.31).
_LEGACY_BETA = frozenset(
    {
        ("autoscaling", "v2beta1", "horizontalpodautoscalers"),
        ("autoscaling", "v2beta2", "horizontalpodautoscalers"),
        ("batch", "v1beta1", "cronjobs"),
        ("discovery.k8s.io", "v1beta1", "endpointslices"),
        ("events.k8s.io", "v1beta1", "events"),
        ("flowcontrol.apiserver.k8s.io", "v1beta1", "flowschemas"),
        ("flowcontrol.apiserver.k8s.io", "v1beta1", "prioritylevelconfigurations"),
        ("flowcontrol.apiserver.k8s.io", "v1beta2", "flowschemas"),
        ("flowcontrol.apiserver.k8s.io", "v1beta2", "prioritylevelconfigurations"),
        ("flowcontrol.apiserver.k8s.io", "v1beta3", "flowschemas"),
        ("flowcontrol.apiserver.k8s.io", "v1beta3", "prioritylevelconfigurations"),
        ("node.k8s.io", "v1beta1", "runtimeclasses"),
        ("policy", "v1beta1", "poddisruptionbudgets"),
        ("policy", "v1beta1", "podsecuritypolicies"),
        ("storage.k8s.io", "v1beta1", "csinodes"),
        ("storage.k8s.io", "v1beta1", "csistoragecapacities"),
    }
)


def on_by_default(minor: int, group: str, version: str, plural: str) -> bool:
    """Whether Kubernetes 1.``minor`` serves a resource that it knows by default."""
    if "alpha" in version:
        return False
    if "beta" not in version:
        return True
    if minor >= _OFF_SINCE:
        return (group, version, plural) in _LEGACY_BETA
    turned_off = minor in _TURNED_OFF_IN and (group, version) in _TURNED_OFF
    return not turned_off or (group, version, plural) == _LEFT_ON
