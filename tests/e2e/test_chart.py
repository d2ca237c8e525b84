"""deploy/chart by a real Helm, between a real Karmada and a host cluster: its Jobs run, and its Pods convert.

The Pods run as processes on this machine (tests/controlplanes/process_node.py). tests/host runs them in containers.
"""

from __future__ import annotations

import base64
import json

import pytest

from tests.controlplanes import apiserver as controlplane
from tests.controlplanes import fixtures
from tests.controlplanes.components import ControllerManager
from tests.controlplanes.fleet import Fleet, MemberSpec
from tests.controlplanes.process_node import ProcessNode
from tests.controlplanes.waiting import wait_until
from tests.integration.chart import CHART, helm, nested
from tests.nonempty import some

NAMESPACE = "karmada-one"
RELEASE = "converter"
OLD = MemberSpec("old", "1.36", runtime_config=("autoscaling/v2=false",))
CONTROLLERS = "deployment,replicaset,job,garbagecollector,namespace,disruption,endpoint"
DEPLOYMENTS = ("admission", "controller", "discovery")
WEBHOOKS = ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration", "apiconverter")
#: What is compared before and after: on both API servers, but for what they and their controllers write by themselves.
KINDS = (
    ("v1", "Secret"), ("v1", "ConfigMap"), ("v1", "Service"), ("v1", "ServiceAccount"), ("v1", "Pod"),
    ("apps/v1", "Deployment"), ("apps/v1", "ReplicaSet"), ("batch/v1", "Job"), ("policy/v1", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io/v1", "Role"), ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"), ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("networking.k8s.io/v1", "NetworkPolicy"), ("coordination.k8s.io/v1", "Lease"),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding"),
    ("apiregistration.k8s.io/v1", "APIService"), ("apps/v1", "ControllerRevision"),
)  # fmt: skip
KARMADA_KINDS = (*KINDS, ("config.karmada.io/v1alpha1", "ResourceInterpreterCustomization"))
SCALER = {
    "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        "minReplicas": 2, "maxReplicas": 5,
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
            }
        ],
    },
}  # fmt: skip
POLICY = {
    "apiVersion": "policy.karmada.io/v1alpha1", "kind": "PropagationPolicy",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "resourceSelectors": [{"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "name": "web"}],
        "placement": {"clusterAffinity": {"clusterNames": ["old"]}},
    },
}  # fmt: skip


class Site:
    """A Karmada, and the host cluster of its components, in which Pods run."""

    def __init__(self, fleet):
        self.fleet = fleet
        world = fleet.world
        self.host = controlplane.ApiServer(world, "1.36", "host", authorization="RBAC").wait()
        self.controllers = ControllerManager(world, self.host, controllers=CONTROLLERS)
        self.node = ProcessNode(world, self.host)
        own = (f"{part}-metrics" for part in DEPLOYMENTS)
        self.ports = {part: world.ports.take() for part in (*DEPLOYMENTS, *own, "metrics", "health")}
        self.host.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
        admin = fleet.karmada.apiserver.kubeconfig.read_bytes()
        self.host.client.create(
            {
                "apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": "karmada-kubeconfig", "namespace": NAMESPACE},
                "data": {"kubeconfig": base64.b64encode(admin).decode()},
            }
        )  # fmt: skip

        self.host.client.create(karmadas_scheduler(fleet.karmada.version))
        wait_until("its ReplicaSet", lambda: self.host.client.list("apps/v1", "ReplicaSet"), 60)
        default_flags(fleet.karmada.scheduler)

    def stop(self):
        self.node.stop()

    def values(self, **more):
        """One Pod of each Deployment, since all share the network of this machine."""
        one = {"replicas": 1, "hostNetwork": True, "listenAddress": "127.0.0.1"}
        serving = {"drainSeconds": 0, "strategy": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}}
        values = {
            "karmada.webhookURL": f"https://localhost:{self.ports['admission']}",
            "karmada.discoveryHost": "localhost",
            "certificates.extraNames": ["localhost", "127.0.0.1"],
            "controller.strategy": {"type": "Recreate"},
            "controller.extraArgs": [
                f"--discovery-url=https://localhost:{self.ports['discovery']}",
                f"--discovery-port={self.ports['discovery']}",
            ],
            "scheduler.extraArgs": [
                f"--metrics-bind-address=127.0.0.1:{self.ports['metrics']}",
                f"--health-probe-bind-address=127.0.0.1:{self.ports['health']}",
            ],
            "jobs.backoffLimit": 0,
            "jobs.timeout": "90s",
        }
        for part in DEPLOYMENTS:
            ports = {"metricsPort": self.ports[f"{part}-metrics"]}
            more_of_it = {"port": self.ports[part], **serving} if part != "controller" else {}
            for key, value in (one | ports | more_of_it).items():
                values[f"{part}.{key}"] = value
        return nested(values | more)

    def helm(self, *arguments, values=None, succeeds=True):
        done = helm(
            *arguments, f"--namespace={NAMESPACE}", kubeconfig=self.host.kubeconfig, values=values, timeout=300
        )  # fmt: skip
        said = f"{arguments}\n{done.stdout}\n{done.stderr}\n{self.node.log('converter-')[-6000:]}"
        assert (done.returncode == 0) is succeeds, said
        return done.stdout + done.stderr

    def upgrade(self, *, succeeds=True, **more):
        options = ["--install", "--wait", "--timeout=150s"]
        return self.helm("upgrade", RELEASE, CHART, *options, values=self.values(**more), succeeds=succeeds)

    def webhooks(self):
        return self.fleet.client.find(*WEBHOOKS)

    def tokens(self):
        names = [f"converter-{identity}-kubeconfig" for identity in ("admission", "controller")]
        return [self.host.client.get("v1", "Secret", name, NAMESPACE)["data"]["token"] for name in names]

    def everything(self):
        return snapshot(self.host.client, KINDS), snapshot(self.fleet.client, KARMADA_KINDS)

    def scaler(self):
        """The member's HorizontalPodAutoscaler; None if there is none."""
        self.fleet.check()
        return self.fleet.members["old"].client.find("autoscaling/v1", SCALER["kind"], "web", "default")


def karmadas_scheduler(version):
    """The Deployment of Karmada's scheduler as its chart makes it; the fleet runs that scheduler itself."""
    labels = {"app": "karmada-scheduler"}
    container = {
        "name": "karmada-scheduler",
        "image": f"docker.io/karmada/karmada-scheduler:v{version}",
        "command": ["/bin/karmada-scheduler", "--kubeconfig=/etc/kubeconfig", "--leader-elect-resource-namespace=x"],
        "volumeMounts": [{"name": "kubeconfig", "subPath": "kubeconfig", "mountPath": "/etc/kubeconfig"}],
    }
    volumes = [{"name": "kubeconfig", "secret": {"secretName": "karmada-kubeconfig"}}]
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "karmada-scheduler", "namespace": NAMESPACE},
        "spec": {
            "replicas": 0, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container], "volumes": volumes}},
        },
    }  # fmt: skip


def default_flags(scheduler):
    """Start Karmada's scheduler again as every installation of Karmada does it: with all plugins."""
    scheduler.process.command = [word for word in scheduler.process.command if not word.startswith("--plugins")]
    scheduler.restart()


def snapshot(client, kinds):
    """The objects of some kinds, without what API servers and Karmada keep writing."""
    found = set()
    for version, kind in kinds:
        for item in client.list(version, kind):
            metadata = item["metadata"]
            found.add((kind, metadata.get("namespace", ""), metadata["name"]))
    return {one for one in found if not one[1].startswith("karmada-es-")}


@pytest.fixture(scope="module")
def site(request):
    fleet = Fleet.open([OLD], purpose="chart")
    made = Site(fleet)
    yield made
    made.stop()
    fleet.close(keep=fixtures.keep_logs(request.session, fleet.world.run.folder))


def test_install_upgrade_rollback_and_uninstall(site):
    client, host = site.fleet.client, site.host.client
    before = site.everything()

    site.upgrade()
    assert site.webhooks() is not None
    tokens = site.tokens()
    installed = site.everything()
    assert not {one for one in installed[0] if one[0] in {"Job", "Role"} and "jobs" in one[2]}, "hooks go"
    for webhook in some(site.webhooks()["webhooks"]):
        assert webhook["clientConfig"]["url"].startswith(f"https://localhost:{site.ports['admission']}")
        assert webhook["clientConfig"]["caBundle"]

    client.create(POLICY)
    client.create(SCALER)
    wait_until("the autoscaler on the member", site.scaler, 90)
    uid = site.scaler()["metadata"]["uid"]

    # An upgrade runs the Jobs again. What need not change does not.
    site.upgrade(**{"logging.level": "debug"})
    assert site.tokens() == tokens
    assert "--log-level=debug" in arguments(host, "converter-admission")
    client.patch("autoscaling/v2", SCALER["kind"], "web", {"spec": {"maxReplicas": 6}}, "default")
    wait_until("a changed autoscaler", lambda: site.scaler()["spec"]["maxReplicas"] == 6, 60)

    # One that cannot reach Karmada fails before it changes anything.
    generation = host.get("apps/v1", "Deployment", "converter-admission", NAMESPACE)["metadata"]["generation"]
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "empty", "namespace": NAMESPACE}}
    nowhere = json.loads(site.fleet.karmada.apiserver.kubeconfig.read_text())
    nowhere["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    host.create({**secret, "data": {"kubeconfig": base64.b64encode(json.dumps(nowhere).encode()).decode()}})
    site.upgrade(succeeds=False, **{"karmada.kubeconfig.secretName": "empty"})
    after = host.get("apps/v1", "Deployment", "converter-admission", NAMESPACE)
    assert after["metadata"]["generation"] == generation
    host.delete("v1", "Secret", "empty", NAMESPACE)

    # Back to the first revision: its Jobs apply its Karmada part.
    webhooks = site.webhooks()
    webhooks["webhooks"][0]["timeoutSeconds"] = 7
    client.update(webhooks)
    site.helm("rollback", RELEASE, "1", "--wait", "--timeout=150s")
    assert "--log-level=debug" not in arguments(host, "converter-admission")
    assert site.webhooks()["webhooks"][0]["timeoutSeconds"] == 10
    assert site.tokens() == tokens
    assert site.scaler()["metadata"]["uid"] == uid
    for now, first in some(list(zip(site.everything(), installed, strict=True))):
        assert lasting(now) == lasting(first), "a rollback brings back what an installation made"

    said = site.helm("test", RELEASE)
    assert "Phase:          Succeeded" in said

    site.helm("uninstall", RELEASE, "--wait", "--timeout=150s")
    assert site.webhooks() is None
    assert site.scaler()["metadata"]["uid"] == uid, "the workload runs on, untouched"
    client.delete(POLICY["apiVersion"], "PropagationPolicy", "web", "default")
    wait_until("the end of all that was installed", lambda: nothing_is_left(site, before), 60)


def lasting(found):
    """Objects that have the same names after each upgrade. Karmada's needs decide which APIServices there are."""
    changing = {"Pod", "ReplicaSet", "APIService", "ControllerRevision"}
    return {one for one in found if one[0] not in changing and not one[2].startswith("sh.helm.release")}


def nothing_is_left(site, before):
    now = site.everything()
    assert (now[0] - before[0], now[1] - before[1]) == (set(), set())
    return True


def arguments(host, name):
    deployment = host.get("apps/v1", "Deployment", name, NAMESPACE)
    return deployment["spec"]["template"]["spec"]["containers"][0]["args"]
