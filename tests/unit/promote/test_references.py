"""What a workload needs, and what belongs to it."""

import pytest

from converter.promote.references import Reference, is_related, references
from tests.fakes.promotion import pod_template, thing
from tests.nonempty import some

WORKLOADS = {
    "Deployment": lambda pod: thing("apps/v1", "Deployment", "shop", spec={"template": pod}),
    "StatefulSet": lambda pod: thing("apps/v1", "StatefulSet", "shop", spec={"template": pod}),
    "DaemonSet": lambda pod: thing("apps/v1", "DaemonSet", "shop", spec={"template": pod}),
    "ReplicaSet": lambda pod: thing("apps/v1", "ReplicaSet", "shop", spec={"template": pod}),
    "Job": lambda pod: thing("batch/v1", "Job", "shop", spec={"template": pod}),
    "CronJob": lambda pod: thing("batch/v1", "CronJob", "shop", spec={"jobTemplate": {"spec": {"template": pod}}}),
    "Pod": lambda pod: {**thing("v1", "Pod", "shop"), "spec": pod["spec"]},
}

SPECS = [
    ({"serviceAccountName": "robot"}, "ServiceAccount", False),
    ({"serviceAccount": "robot"}, "ServiceAccount", False),
    ({"imagePullSecrets": [{"name": "robot"}]}, "Secret", False),
    ({"volumes": [{"persistentVolumeClaim": {"claimName": "robot"}}]}, "PersistentVolumeClaim", False),
    ({"volumes": [{"configMap": {"name": "robot"}}]}, "ConfigMap", False),
    ({"volumes": [{"configMap": {"name": "robot", "optional": True}}]}, "ConfigMap", True),
    ({"volumes": [{"secret": {"secretName": "robot"}}]}, "Secret", False),
    ({"volumes": [{"projected": {"sources": [{"configMap": {"name": "robot"}}]}}]}, "ConfigMap", False),
    ({"volumes": [{"projected": {"sources": [{"secret": {"name": "robot"}}]}}]}, "Secret", False),
    ({"volumes": [{"csi": {"nodePublishSecretRef": {"name": "robot"}}}]}, "Secret", False),
    ({"volumes": [{"azureFile": {"secretName": "robot"}}]}, "Secret", False),
    ({"volumes": [{"rbd": {"secretRef": {"name": "robot"}}}]}, "Secret", False),
    ({"containers": [{"envFrom": [{"configMapRef": {"name": "robot"}}]}]}, "ConfigMap", False),
    ({"containers": [{"envFrom": [{"secretRef": {"name": "robot", "optional": True}}]}]}, "Secret", True),
    ({"initContainers": [{"env": [{"valueFrom": {"configMapKeyRef": {"name": "robot"}}}]}]}, "ConfigMap", False),
    ({"containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "robot", "key": "k"}}}]}]}, "Secret", False),
]


@pytest.mark.parametrize("kind", WORKLOADS)
@pytest.mark.parametrize(("spec", "needed", "optional"), SPECS)
def test_what_pods_name_is_needed(kind, spec, needed, optional):
    assert references(WORKLOADS[kind](pod_template(**spec))) == [Reference(needed, "robot", optional)]


def test_every_kind_of_workload_needs_nothing_by_itself():
    for make in some(WORKLOADS.values()):
        assert references(make(pod_template(serviceAccountName="default"))) == []


def test_what_is_optional_in_one_place_only_is_needed():
    sources = [{"configMapRef": {"name": "one", "optional": True}}, {"configMapRef": {"name": "one"}}]
    pod = pod_template(containers=[{"envFrom": sources}])
    assert references(WORKLOADS["Job"](pod)) == [Reference("ConfigMap", "one", optional=False)]


def test_a_stateful_set_names_its_service_and_makes_its_own_claims():
    volumes = [{"name": v, "persistentVolumeClaim": {"claimName": v}} for v in ("data", "shared")]
    spec = {
        "template": pod_template(volumes=volumes),
        "serviceName": "headless",
        "volumeClaimTemplates": [{"metadata": {"name": "data"}}],
    }
    found = references(thing("apps/v1", "StatefulSet", "shop", spec=spec))
    assert found == [Reference("PersistentVolumeClaim", "shared"), Reference("Service", "headless", optional=True)]


INGRESSES = [
    thing("networking.k8s.io/v1", "Ingress", "i", spec={"defaultBackend": {"service": {"name": "web"}}}),
    thing("networking.k8s.io/v1", "Ingress", "i", spec={
        "rules": [{"http": {"paths": [{"backend": {"service": {"name": "web"}}}, {"backend": {"resource": {}}}]}}]
    }),
    thing("extensions/v1beta1", "Ingress", "i", spec={"backend": {"serviceName": "web", "servicePort": 80}}),
    thing("networking.k8s.io/v1beta1", "Ingress", "i", spec={
        "rules": [{"host": "a"}, {"http": {"paths": [{"backend": {"serviceName": "web"}}]}}]
    }),
]  # fmt: skip


@pytest.mark.parametrize("ingress", INGRESSES)
def test_an_ingress_of_any_version_needs_its_services_and_belongs_to_their_workload(ingress):
    workload = WORKLOADS["Deployment"](pod_template())
    assert references(ingress) == [Reference("Service", "web")]
    assert is_related(ingress, workload, {"web", "other"})
    assert not is_related(ingress, workload, {"other"})


def test_an_ingress_needs_the_secrets_of_its_certificates():
    ingress = thing("networking.k8s.io/v1", "Ingress", "i", spec={"tls": [{"secretName": "cert"}, {"hosts": ["a"]}]})
    assert references(ingress) == [Reference("Secret", "cert")]


def test_an_account_needs_its_secrets_and_an_autoscaler_its_target():
    account = {**thing("v1", "ServiceAccount", "a"), "imagePullSecrets": [{"name": "pull"}], "secrets": [{"name": "s"}]}
    assert references(account) == [Reference("Secret", "pull"), Reference("Secret", "s")]
    scaler = thing("autoscaling/v2", "HorizontalPodAutoscaler", "h", spec={"scaleTargetRef": TARGET})
    assert references(scaler) == [Reference("Deployment", "shop")]


TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}
RELATED = [
    (thing("v1", "Service", "s", spec={"selector": {"app": "shop"}}), True),
    (thing("v1", "Service", "s", spec={"selector": {"app": "shop", "tier": "web"}}), False),
    (thing("v1", "Service", "s", spec={"selector": {}}), False),
    (thing("v1", "Service", "s", spec={"type": "ExternalName"}), False),
    (thing("policy/v1", "PodDisruptionBudget", "p", spec={"selector": {"matchLabels": {"app": "shop"}}}), True),
    (thing("policy/v1", "PodDisruptionBudget", "p", spec={"selector": {}}), False),
    (thing("policy/v1", "PodDisruptionBudget", "p", spec={"selector": {"matchLabels": {"app": "x"}}}), False),
    (thing("autoscaling/v2", "HorizontalPodAutoscaler", "h", spec={"scaleTargetRef": TARGET}), True),
    (thing("autoscaling/v2", "HorizontalPodAutoscaler", "h", spec={"scaleTargetRef": {**TARGET, "name": "x"}}), False),
    (thing("autoscaling/v2", "HorizontalPodAutoscaler", "h", spec={}), False),
    (thing("v1", "ConfigMap", "c"), False),
]


@pytest.mark.parametrize(("candidate", "related"), RELATED)
def test_what_belongs_to_a_workload(candidate, related):
    assert is_related(candidate, WORKLOADS["Deployment"](pod_template()), set()) is related


EXPRESSIONS = [
    ({"key": "app", "operator": "In", "values": ["shop", "x"]}, True),
    ({"key": "app", "operator": "In", "values": ["x"]}, False),
    ({"key": "app", "operator": "NotIn", "values": ["shop"]}, False),
    ({"key": "tier", "operator": "NotIn", "values": ["web"]}, True),
    ({"key": "app", "operator": "Exists"}, True),
    ({"key": "tier", "operator": "Exists"}, False),
    ({"key": "tier", "operator": "DoesNotExist"}, True),
    ({"key": "app", "operator": "DoesNotExist"}, False),
    ({"key": "app", "operator": "Unheard"}, False),
]


@pytest.mark.parametrize(("expression", "selects"), EXPRESSIONS)
def test_expressions_of_a_budget(expression, selects):
    budget = thing("policy/v1", "PodDisruptionBudget", "p", spec={"selector": {"matchExpressions": [expression]}})
    assert is_related(budget, WORKLOADS["Deployment"](pod_template()), set()) is selects


@pytest.mark.parametrize(
    "spec", [None, 3, {"template": []}, {"template": {"spec": {"containers": [7], "volumes": {}}}}]
)
def test_shapes_that_nobody_expects_need_nothing(spec):
    assert references(thing("apps/v1", "Deployment", "shop", spec=spec)) == []
