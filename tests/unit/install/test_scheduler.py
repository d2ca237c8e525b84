"""The converter's scheduler, made from each Deployment that an installer of Karmada makes."""

import copy

import pytest

from converter.install.detect import is_scheduler
from converter.install.scheduler import (
    DEPLOYMENT,
    KUBECONFIG_SECRET,
    LEASE,
    SchedulerCopyError,
    plain_scheduler,
    plugins_without,
    second_scheduler,
)
from tests.nonempty import some

LIVENESS = {
    "httpGet": {"path": "/healthz", "port": 10351, "scheme": "HTTP"},
    "failureThreshold": 3,
    "initialDelaySeconds": 15,
    "periodSeconds": 15,
    "timeoutSeconds": 5,
}
POD_IP = {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
IMAGE = "docker.io/karmada/karmada-scheduler:v1.18.2"
ESTIMATORS = [
    "--scheduler-estimator-ca-file=/etc/karmada/pki/ca.crt",
    "--scheduler-estimator-cert-file=/etc/karmada/pki/karmada.crt",
    "--scheduler-estimator-key-file=/etc/karmada/pki/karmada.key",
]


def deployment(labels, command, mounts, volumes, *, namespace="karmada-system", **pod):
    container = {
        "name": "karmada-scheduler",
        "image": IMAGE,
        "imagePullPolicy": "IfNotPresent",
        "env": [POD_IP],
        "command": command,
        "livenessProbe": LIVENESS,
        "ports": [{"containerPort": 8080, "name": "metrics", "protocol": "TCP"}],
        "volumeMounts": mounts,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "karmada-scheduler",
            "namespace": namespace,
            "labels": labels,
            "uid": "u",
            "resourceVersion": "7",
            "ownerReferences": [{"kind": "Karmada", "name": "k", "uid": "o"}],
            "annotations": {"deployment.kubernetes.io/revision": "3"},
        },
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [container], "volumes": volumes, **pod},
            },
        },
        "status": {"readyReplicas": 2},
    }


def secret(name, secret_name):
    return {"name": name, "secret": {"secretName": secret_name}}


# As karmadactl init makes it: command.go and deployments.go of its cmdinit.
KARMADACTL = deployment(
    {"app": "karmada-scheduler", "karmada.io/bootstrapping": "app-defaults"},
    [
        "/bin/karmada-scheduler", "--kubeconfig=/etc/karmada/config/karmada.config",
        "--metrics-bind-address=$(POD_IP):8080", "--health-probe-bind-address=$(POD_IP):10351",
        "--enable-scheduler-estimator=true", "--leader-elect=true", *ESTIMATORS,
        "--leader-elect-resource-namespace=karmada-system", "--v=2",
    ],
    [
        {"name": "karmada-config", "readOnly": True, "mountPath": "/etc/karmada/config"},
        {"name": "karmada-cert", "readOnly": True, "mountPath": "/etc/karmada/pki"},
    ],
    [secret("karmada-config", "karmada-scheduler-config"), secret("karmada-cert", "karmada-cert")],
    affinity={
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [{
                "topologyKey": "kubernetes.io/hostname",
                "labelSelector": {
                    "matchExpressions": [{"key": "app", "operator": "In", "values": ["karmada-scheduler"]}]
                },
            }]
        },
        "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}},
    },
    tolerations=[{"effect": "NoExecute", "operator": "Exists"}],
    automountServiceAccountToken=False,
    priorityClassName="system-node-critical",
)  # fmt: skip

# charts/karmada/templates/karmada-scheduler.yaml: the kubeconfig is one file, and an init container uses it
HELM = deployment(
    {"app": "karmada-scheduler"},
    [
        "/bin/karmada-scheduler", "--kubeconfig=/etc/kubeconfig", "--metrics-bind-address=$(POD_IP):8080",
        "--health-probe-bind-address=$(POD_IP):10351", "--leader-elect-resource-namespace=karmada-system",
        *ESTIMATORS, "--v=2", "--feature-gates=PriorityBasedScheduling=true",
    ],
    [
        {"name": "karmada-certs", "mountPath": "/etc/karmada/pki", "readOnly": True},
        {"name": "kubeconfig-secret", "subPath": "kubeconfig", "mountPath": "/etc/kubeconfig"},
    ],
    [secret("kubeconfig-secret", "karmada-kubeconfig"), secret("karmada-certs", "karmada-cert")],
    initContainers=[{"name": "wait", "image": "kubectl", "volumeMounts": []}],
)  # fmt: skip

# operator/pkg/controlplane/manifests.go, with extraArgs: the operator sorts all flags then
OPERATOR = deployment(
    {"app.kubernetes.io/name": "karmada-scheduler", "app.kubernetes.io/instance": "demo"},
    [
        "/bin/karmada-scheduler", "--enable-scheduler-estimator=true",
        "--health-probe-bind-address=$(POD_IP):10351", "--kubeconfig=/etc/karmada/config/karmada.config",
        "--leader-elect-resource-namespace=karmada-system", "--metrics-bind-address=$(POD_IP):8080",
        "--plugins=*,-TaintToleration", *ESTIMATORS, "--v=2",
    ],
    [
        {"name": "karmada-certs", "mountPath": "/etc/karmada/pki", "readOnly": True},
        {"name": "karmada-config", "mountPath": "/etc/karmada/config"},
    ],
    [secret("karmada-certs", "demo-cert"), secret("karmada-config", "demo-karmada-scheduler-config")],
    namespace="tenant",
)  # fmt: skip

INSTALLERS = {"karmadactl": KARMADACTL, "helm": HELM, "operator": OPERATOR}


def container_of(made):
    (container,) = made["spec"]["template"]["spec"]["containers"]
    return container


def made_from(running, **more):
    before = copy.deepcopy(running)
    made = second_scheduler(running, namespace=running["metadata"]["namespace"], **more)
    assert running == before
    assert made == second_scheduler(running, namespace=running["metadata"]["namespace"], **more)
    return made


@pytest.mark.parametrize("installer", INSTALLERS)
def test_the_same_program_as_another_scheduler(installer):
    running = INSTALLERS[installer]
    made = made_from(running)
    container = container_of(made)
    assert (container["image"], container["command"]) == (IMAGE, ["/bin/karmada-scheduler"])
    ours = {
        "--kubeconfig=/etc/converter/karmada/kubeconfig",
        "--scheduler-name=apiconverter",
        "--leader-elect=true",
        f"--leader-elect-resource-name={LEASE}",
        "--leader-elect-resource-namespace=karmada-system",
    }
    args = set(container["args"])
    assert len(args) == len(container["args"])
    assert ours < args
    theirs = {word for word in container_of(running)["command"][1:] if not word.startswith(("--kubeconfig", "--plug"))}
    assert theirs < args | ours
    assert sum(word.startswith("--plugins=") for word in args) == 1
    assert "-APIEnablement" in next(word for word in args if word.startswith("--plugins="))
    assert not is_scheduler(made)
    assert is_scheduler(running)


@pytest.mark.parametrize("installer", INSTALLERS)
def test_nothing_of_karmadas_selects_its_pods(installer):
    running = INSTALLERS[installer]
    made = made_from(running)
    labels = made["spec"]["template"]["metadata"]["labels"]
    assert not set(running["spec"]["selector"]["matchLabels"].items()) <= set(labels.items())
    assert made["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert made["metadata"]["name"] == DEPLOYMENT
    assert set(made["metadata"]) == {"name", "namespace", "labels", "annotations"}
    assert "status" not in made
    assert "podAntiAffinity" not in made["spec"]["template"]["spec"].get("affinity", {})


@pytest.mark.parametrize("installer", INSTALLERS)
def test_it_has_its_own_identity_and_keeps_the_certificates_of_the_estimators(installer):
    pod = made_from(INSTALLERS[installer])["spec"]["template"]["spec"]
    secrets = {volume["name"]: volume["secret"]["secretName"] for volume in pod["volumes"]}
    mounts = {mount["mountPath"]: secrets[mount["name"]] for mount in pod["containers"][0]["volumeMounts"]}
    assert mounts["/etc/converter/karmada"] == KUBECONFIG_SECRET
    assert mounts["/etc/karmada/pki"] in {"karmada-cert", "demo-cert"}
    assert len(mounts) == len(pod["volumes"]) == 2
    assert "initContainers" not in pod


def test_where_it_runs_is_copied():
    pod = made_from(KARMADACTL)["spec"]["template"]["spec"]
    theirs = KARMADACTL["spec"]["template"]["spec"]
    for field in some(("tolerations", "priorityClassName", "automountServiceAccountToken")):
        assert pod[field] == theirs[field]
    assert pod["affinity"] == {"nodeAffinity": theirs["affinity"]["nodeAffinity"]}


def test_flags_as_arguments_and_in_two_words():
    running = copy.deepcopy(KARMADACTL)
    container = container_of(running)
    container["command"], container["args"] = ["/bin/karmada-scheduler"], ["--kubeconfig", "/k/config", "--v", "4"]
    container["volumeMounts"] = [{"name": "karmada-config", "mountPath": "/k"}]
    made = container_of(made_from(running))
    assert made["args"][:1] == ["--v=4"]
    assert [mount["mountPath"] for mount in made["volumeMounts"]] == ["/etc/converter/karmada"]
    del container["command"]  # the image's entry point
    assert "command" not in container_of(made_from(running))


def test_other_ports_in_the_hosts_network():
    running = copy.deepcopy(KARMADACTL)
    running["spec"]["template"]["spec"]["hostNetwork"] = True
    running["spec"]["template"]["metadata"]["annotations"] = {
        "prometheus.io/port": "8080", "prometheus.io/scrape": "true", "checksum/config": "abc",
    }  # fmt: skip
    container = container_of(running)
    container["ports"] = [{"containerPort": 8080, "hostPort": 8080, "name": "metrics"}]
    made = made_from(running)
    container = container_of(made)
    assert {"--metrics-bind-address=$(POD_IP):18080", "--health-probe-bind-address=$(POD_IP):20351"} < set(
        container["args"]
    )
    assert container["ports"] == [{"containerPort": 18080, "name": "metrics"}]
    assert [container[name]["httpGet"]["port"] for name in ("livenessProbe", "readinessProbe")] == [20351, 20351]
    assert made["spec"]["template"]["metadata"]["annotations"] == {
        "prometheus.io/port": "18080", "prometheus.io/scrape": "true",
    }  # fmt: skip


def test_default_ports_in_the_hosts_network_are_written_out():
    running = copy.deepcopy(HELM)
    running["spec"]["template"]["spec"]["hostNetwork"] = True
    container_of(running)["command"] = ["karmada-scheduler", "--enable-pprof", "--metrics-bind-address=0"]
    args = container_of(made_from(running))["args"]
    assert {"--health-probe-bind-address=:20351", "--profiling-bind-address=:16060", "--metrics-bind-address=0"} < set(
        args
    )


def test_a_kubeconfig_beside_other_files_stays_for_them():
    running = copy.deepcopy(KARMADACTL)
    container_of(running)["command"] = [
        "/bin/karmada-scheduler", "--kubeconfig=/etc/karmada/pki/karmada.config", *ESTIMATORS,
    ]  # fmt: skip
    mounts = container_of(made_from(running))["volumeMounts"]
    assert "/etc/karmada/pki" in {mount["mountPath"] for mount in mounts}


def test_another_namespace_has_no_certificates():
    with pytest.raises(SchedulerCopyError) as raised:
        second_scheduler(KARMADACTL, namespace="elsewhere")
    assert raised.value.deployment == "karmada-system/karmada-scheduler"
    plain = plain_scheduler(IMAGE, namespace="somewhere")
    secretive = copy.deepcopy(plain)
    container_of(secretive)["env"].append({"name": "X", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}})
    with pytest.raises(SchedulerCopyError):
        second_scheduler(secretive, namespace="elsewhere")
    container_of(secretive)["env"][-1]["valueFrom"]["secretKeyRef"]["optional"] = True
    assert second_scheduler(secretive, namespace="elsewhere")
    assert second_scheduler(plain, namespace="elsewhere")["metadata"]["namespace"] == "elsewhere"


@pytest.mark.parametrize(
    "command", [["/bin/sh", "-c", "karmada-scheduler --v=2"], ["/bin/karmada-scheduler", "--v=2", "stray"]]
)
def test_a_command_line_that_cannot_be_read(command):
    running = copy.deepcopy(HELM)
    container_of(running)["command"] = command
    with pytest.raises(SchedulerCopyError):
        made_from(running)


def test_a_sidecar_is_not_copied_and_no_scheduler_is_an_error():
    running = copy.deepcopy(HELM)
    running["spec"]["template"]["spec"]["containers"].insert(0, {"name": "proxy", "image": "proxy:1"})
    assert container_of(made_from(running))["image"] == IMAGE
    running["spec"]["template"]["spec"]["containers"].pop()
    with pytest.raises(SchedulerCopyError):
        made_from(running)


def test_a_scheduler_that_is_scaled_down_is_copied_as_one_that_runs():
    running = copy.deepcopy(HELM)
    running["spec"]["replicas"] = 0
    assert made_from(running)["spec"]["replicas"] == 1


def test_other_names():
    args = container_of(made_from(HELM, scheduler_name="mine", lease_namespace="ours"))["args"]
    assert {"--scheduler-name=mine", "--leader-elect-resource-namespace=ours"} < set(args)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([], "*,-APIEnablement"),
        (["*"], "*,-APIEnablement"),
        (["*,-APIEnablement"], "*,-APIEnablement"),
        (["*,-TaintToleration"], "*,-TaintToleration,-APIEnablement"),
        (["*", "-TaintToleration"], "*,-TaintToleration,-APIEnablement"),
        (["ClusterAffinity,APIEnablement"], "ClusterAffinity"),
        (["APIEnablement"], "-APIEnablement"),
    ],
)
def test_one_plugin_less(given, wanted):
    assert plugins_without("APIEnablement", given) == wanted
