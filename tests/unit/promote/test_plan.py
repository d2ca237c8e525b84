"""A promotion from an old member, planned and written: what is read, converted, found and created."""

import pytest

from converter.client import UnavailableError
from converter.kube import GroupVersionKind
from converter.promote.member import Member, ProxyError, UnknownClusterError
from converter.promote.model import MissingNamespaceError, MissingObjectError
from converter.promote.plan import Planner
from converter.promote.resources import ControlPlane as Stored
from converter.promote.resources import UnknownKindError
from tests.fakes.promotion import CONVERTER, ControlPlane, pod_template, thing
from tests.nonempty import some

LABELS = {"app": "shop"}
CRON = thing(
    "batch/v1beta1", "CronJob", "report", spec={"schedule": "* * * * *", "jobTemplate": {"spec": {"template": {}}}}
)
SECRET = thing("v1", "Secret", "key", data={"k": "aHVzaA=="})
NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "demo"}}
SHOP = [
    thing("apps/v1", "Deployment", "shop", spec={
        "template": pod_template(serviceAccountName="robot", volumes=[
            {"configMap": {"name": "config"}}, {"persistentVolumeClaim": {"claimName": "data"}},
            {"configMap": {"name": "maybe", "optional": True}},
        ])
    }),
    thing("v1", "ConfigMap", "config"),
    thing("v1", "PersistentVolumeClaim", "data"),
    thing("v1", "ServiceAccount", "robot", imagePullSecrets=[{"name": "key"}]),
    SECRET,
    thing("v1", "Service", "web", spec={"selector": LABELS}),
    thing("policy/v1beta1", "PodDisruptionBudget", "shop", spec={"selector": {"matchLabels": LABELS}}),
    thing("autoscaling/v2beta2", "HorizontalPodAutoscaler", "shop", spec={
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"}, "maxReplicas": 3,
    }),
    thing("networking.k8s.io/v1", "Ingress", "shop", spec={
        "defaultBackend": {"service": {"name": "web", "port": {"number": 80}}}, "tls": [{"secretName": "key"}],
    }),
]  # fmt: skip
OTHERS = [
    thing("v1", "ConfigMap", "other"),
    thing("v1", "Service", "other", spec={"selector": {"app": "other"}}),
    thing("networking.k8s.io/v1beta1", "Ingress", "other", spec={"backend": {"resource": {}, "serviceName": "x"}}),
]


@pytest.fixture
def karmada():
    return ControlPlane()


async def planner(karmada, namespace="demo"):
    member = await Member.find(karmada, karmada.member)
    return Planner(member, await Stored.read(karmada), CONVERTER, namespace)


async def one(karmada, kind, name, namespace="demo", *, dependencies=True):
    return await (await planner(karmada, namespace)).one(kind, name, dependencies=dependencies)


def found(plan):
    return {(item.template["kind"], item.template["metadata"]["name"]) for item in plan.promotions}


def names(manifests):
    return {(item["kind"], item["metadata"]["name"]) for item in manifests}


@pytest.mark.parametrize("kind", ["CronJob", "cronjob", "cronjobs", "cj", "cronjobs.batch", "cronjob.v1beta1.batch"])
async def test_a_kind_in_a_version_that_only_the_member_serves_is_converted(karmada, kind):
    karmada.run(CRON)
    (item,) = (await one(karmada, kind, "report")).promotions
    assert (item.template["apiVersion"], item.read_as) == ("batch/v1", "batch/v1beta1")
    assert item.template["spec"] == CRON["spec"]
    assert item.forecast.problem == ""


async def test_a_discovery_only_version_is_not_one_that_karmada_stores(karmada):
    stored = await Stored.read(karmada)
    assert ("batch/v1beta1", "CronJob") not in stored.resources
    assert ("batch/v1", "CronJob") in stored.resources
    gvk = GroupVersionKind("autoscaling", "v2beta2", "HorizontalPodAutoscaler")
    assert stored.stored_as(gvk, CONVERTER).gvk.version == "v2"


async def test_a_workload_comes_with_all_that_it_needs_and_nothing_else(karmada):
    for item in [*SHOP, *OTHERS]:
        karmada.run(item)
    plan = await one(karmada, "deploy", "shop")
    assert found(plan) == names(SHOP)
    assert plan.left_out == []
    kinds = [item.template["kind"] for item in plan.promotions]
    assert kinds.index("Secret") < kinds.index("Service") < kinds.index("Deployment") < kinds.index("Ingress")
    served = await Stored.read(karmada)
    for item in some(plan.promotions):
        assert (item.template["apiVersion"], item.template["kind"]) in served.resources


async def test_without_dependencies_it_comes_alone(karmada):
    for item in SHOP:
        karmada.run(item)
    assert found(await one(karmada, "Deployment", "shop", dependencies=False)) == {("Deployment", "shop")}


async def test_an_autoscaler_brings_its_workload(karmada):
    for item in SHOP:
        karmada.run(item)
    assert found(await one(karmada, "hpa", "shop")) == names(SHOP)


async def test_what_is_missing_on_the_member_is_reported_unless_it_is_optional(karmada):
    karmada.run(SHOP[0])
    plan = await one(karmada, "Deployment", "shop")
    left = {(item.kind, item.name, item.failed) for item in plan.left_out}
    assert left == {
        ("ConfigMap", "config", False),
        ("PersistentVolumeClaim", "data", False),
        ("ServiceAccount", "robot", False),
    }


async def test_a_whole_namespace_without_what_the_member_makes_itself(karmada):
    mine = [*SHOP, CRON, thing("v1", "Secret", "other"), thing("rbac.authorization.k8s.io/v1", "Role", "reader")]
    for item in mine:
        karmada.run(item)
    karmada.run(thing("v1", "ServiceAccount", "default"))
    karmada.run(thing("v1", "ConfigMap", "kube-root-ca.crt"))
    karmada.run(thing("v1", "Endpoints", "web"))
    karmada.run(thing("v1", "Pod", "shop-1"))
    karmada.run(
        thing("apps/v1", "ReplicaSet", "shop-1"), ownerReferences=[{"kind": "D", "name": "d", "controller": True}]
    )
    karmada.run({**thing("v1", "ConfigMap", "elsewhere"), "metadata": {"name": "elsewhere", "namespace": "other"}})
    plan = await (await planner(karmada)).everything()
    assert found(plan) == names(mine)
    assert {item.name for item in plan.left_out} == {"default", "kube-root-ca.crt", "shop-1"}
    assert not any(item.failed for item in some(plan.left_out))


async def test_claims_that_a_stateful_set_makes_are_left_out_of_a_namespace(karmada):
    spec = {"template": pod_template(), "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}
    karmada.run(thing("apps/v1", "StatefulSet", "db", spec=spec))
    for name in ("data-db-0", "data-db-12", "data-other-0", "other-db-0", "data-db-x"):
        karmada.run(thing("v1", "PersistentVolumeClaim", name))
    plan = await (await planner(karmada)).everything()
    claims = {name for kind, name in found(plan) if kind == "PersistentVolumeClaim"}
    assert claims == {"data-other-0", "other-db-0", "data-db-x"}
    assert {item.name for item in plan.left_out} == {"data-db-0", "data-db-12"}


async def test_an_object_whose_kind_karmada_does_not_store_is_reported(karmada):
    karmada.run(CRON)
    karmada.run(thing("settings.k8s.io/v1alpha1", "PodPreset", "preset"))
    karmada.run(thing("settings.k8s.io/v1alpha1", "PodPreset", "made"), ownerReferences=[{"controller": True}])
    cluster = karmada.objects["/apis/cluster.karmada.io/v1alpha1/clusters/old"]
    listed = {"groupVersion": "settings.k8s.io/v1alpha1", "resources": [{"kind": "PodPreset", "name": "podpresets"}]}
    cluster["status"]["apiEnablements"].append(listed)
    plan = await (await planner(karmada)).everything()
    assert found(plan) == {("CronJob", "report")}
    assert [(item.kind, item.name, item.failed) for item in plan.left_out] == [("PodPreset", "preset", True)]


async def test_one_object_that_cannot_be_converted_does_not_stop_the_namespace(karmada):
    karmada.run(CRON)
    karmada.run(thing("networking.k8s.io/v1beta1", "Ingress", "bad", spec={"rules": 7}))
    karmada.collections.discard("ingresses")
    plan = await (await planner(karmada)).everything()
    assert ("CronJob", "report") in found(plan)


async def test_what_karmada_manages_already_is_nothing_to_do(karmada):
    karmada.run(CRON, labels={"karmada.io/managed": "true"})
    plan = await one(karmada, "cronjob", "report")
    assert plan.promotions == []
    assert [item.failed for item in plan.left_out] == [False]


async def test_a_pod_of_a_controller_is_refused(karmada):
    karmada.run(thing("v1", "Pod", "one"), ownerReferences=[{"kind": "Job", "name": "j", "controller": True}])
    assert [item.failed for item in (await one(karmada, "pod", "one")).left_out] == [True]


async def test_errors_have_their_types(karmada):
    with pytest.raises(UnknownClusterError) as unknown:
        await Member.find(karmada, "nowhere")
    assert unknown.value.known == ("old",)
    with pytest.raises(UnknownKindError):
        await one(karmada, "gadget", "x")
    with pytest.raises(UnknownKindError):
        await one(karmada, "cronjobs.apps", "x")
    with pytest.raises(MissingObjectError):
        await one(karmada, "cronjob", "absent")
    with pytest.raises(MissingNamespaceError):
        await one(karmada, "cronjob", "report", "")


@pytest.mark.parametrize(("status", "error"), [((403, "Forbidden"), ProxyError), ((503, "Down"), UnavailableError)])
async def test_a_member_that_does_not_let_itself_be_read(karmada, status, error):
    karmada.run(CRON)
    plan = await planner(karmada)
    karmada.fail = lambda _method, path: status if "/proxy/" in path else None
    with pytest.raises(error):
        await plan.one("cronjob", "report", dependencies=True)


async def test_a_cluster_scoped_object_needs_no_namespace(karmada):
    karmada.run({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "reader"}})
    plan = await planner(karmada)
    assert len((await plan.one("clusterrole", "reader", dependencies=True)).promotions) == 1
    assert plan.namespace == ""


async def test_what_a_release_drops_is_a_loss_that_is_known_before(karmada):
    karmada.run({**CRON, "spec": {**CRON["spec"], "timeZone": "Etc/UTC"}})
    (item,) = (await one(karmada, "cronjob", "report")).promotions
    assert "spec.timeZone" in {loss.path for loss in item.losses}
