"""deploy/chart, rendered by a real Helm: each value has its effect, and the objects are those of deploy/host."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess

import pytest
import yaml

from tests.controlplanes import toolchain
from tests.controlplanes.places import Places
from tests.integration.chart import (
    CASES,
    CHART,
    GOLDEN,
    HOOK,
    NAMESPACE,
    ROOT,
    SCHEMA,
    everything,
    helm,
    hooks,
    leaves,
    nested,
    objects,
    render,
)
from tests.nonempty import some

COMPONENTS = ("admission", "controller", "discovery")
#: Values of one Deployment that other objects need, too.
SHARED = {"admission.service.port": {"converter-after", "converter-before", "converter-remove"},
          "discovery.service.port": {"converter-controller"}}  # fmt: skip


@pytest.fixture(scope="module")
def default():
    return render()


@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
def test_helm_finds_nothing_to_complain_about(values):
    done = helm("lint", "--strict", CHART, values=values)
    assert done.returncode == 0, done.stdout
    assert "[WARNING]" not in done.stdout


def scalars(value, path=()):
    """All texts and numbers in a value, each with its path."""
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from scalars(item, (*path, key))
    elif value is not None:
        yield path, str(value)


@pytest.mark.parametrize("leaf", list(leaves()), ids=lambda leaf: leaf.path)
def test_each_value_is_seen_in_the_output(leaf, default):
    old = objects(render(nested(leaf.needs)) if leaf.needs else default)
    new = objects(render(nested({**leaf.needs, leaf.path: leaf.example})))
    assert old != new
    if not isinstance(leaf.example, bool):
        added = [text for _, text in set(scalars(new)) - set(scalars(old))]
        wanted = [text for _, text in scalars(leaf.example) if "{{" not in text]
        assert [text for text in some(wanted) if not any(text in one for one in added)] == []
    component = leaf.path.partition(".")[0]
    if component in COMPONENTS:
        changed = {key[1] for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
        name = leaf.example if leaf.path.endswith("serviceAccount.name") else f"converter-{component}"
        assert changed - {f"converter-{component}", name} <= SHARED.get(leaf.path, set())


def test_a_value_that_the_schema_does_not_know_is_refused():
    places = [""] + [f"{path}." for path, node in groups(SCHEMA) if path != "global"]
    for place in some(places):
        done = helm("template", "converter", CHART, values=nested({f"{place}unknown": 1}))
        assert done.returncode != 0, place
        assert "unknown" in done.stderr


def groups(schema, prefix=""):
    for key, node in schema["properties"].items():
        if "examples" not in node:
            yield f"{prefix}{key}", node
            yield from groups(node, f"{prefix}{key}.") if "properties" in node else ()


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("image.digest", "sha256:123"),
        ("image.tag", "a b"),
        ("admission.replicas", -1),
        ("admission.replicas", "two"),
        ("admission.port", 70000),
        ("admission.podDisruptionBudget.maxUnavailable", "half"),
        ("admission.resources", {"request": {"cpu": "1"}}),
        ("admission.livenessProbe", {"period": 1}),
        ("admission.tolerations", [{"key": "a", "effect": "Sometimes"}]),
        ("admission.extraEnv", [{"value": "nameless"}]),
        ("karmada.webhookURL", "http://plain"),
        ("policy", "maybe"),
        ("extraObjects", [{"kind": "ConfigMap"}]),
        ("commonLabels", {"a": 1}),
    ],
)
def test_a_value_of_another_type_is_refused(path, wrong):
    done = helm("template", "converter", CHART, values=nested({path: wrong}))
    assert done.returncode != 0
    assert "values don't meet the specifications of the schema" in done.stderr


@pytest.mark.parametrize("name", CASES)
def test_the_golden_files_are_what_helm_renders(name):
    assert (GOLDEN / f"{name}.yaml").read_text("utf-8") == render(CASES[name]), "run `make chart-golden`"


def test_there_is_no_other_golden_file():
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES)


# One truth: deploy/host.


def kustomize(folder):
    program = toolchain.kubectl(Places.from_environment())
    done = subprocess.run([program, "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return objects(done.stdout)


def released(text):
    found = objects(text)
    return {key: item for key, item in found.items() if key not in hooks(found)}


def test_the_chart_with_default_values_makes_the_objects_of_kustomize(default):
    assert released(default) == kustomize(ROOT / "deploy" / "host")


def test_so_it_does_with_the_dashboard(tmp_path):
    (tmp_path / "deploy").mkdir()
    for name in ("host", "dashboard/host"):
        shutil.copytree(ROOT / "deploy" / name, tmp_path / "deploy" / name)
    overlay = {"resources": ["../deploy/host"], "components": ["../deploy/dashboard/host"]}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    assert released(render(CASES["dashboard"])) == kustomize(tmp_path / "mine")


def test_the_jobs_know_of_the_dashboard(default):
    for text, there in ((default, False), (render(CASES["dashboard"]), True)):
        jobs = {name: item for (kind, name), item in objects(text).items() if kind == "Job"}
        told = {name: "--dashboard" in job["spec"]["template"]["spec"]["containers"][0]["args"]
                for name, job in jobs.items()}  # fmt: skip
        assert told == {"converter-before": there, "converter-after": there, "converter-remove": False}


def test_what_members_serve_is_read_by_both_deciders_and_the_jobs_apply_the_rights(default):
    changed = objects(render({"memberSchemas": {"enabled": True}}))
    usual = objects(default)
    assert changed.keys() == usual.keys()
    given = {}
    for (kind, name), item in some(changed.items()):
        if kind in {"Deployment", "Job"}:
            (container,) = item["spec"]["template"]["spec"]["containers"]
            (before,) = usual[kind, name]["spec"]["template"]["spec"]["containers"]
            given[name] = [one for one in container["args"] if one not in before["args"]]
    own = [f"--member-schemas={NAMESPACE}"]
    assert given == {
        "converter-admission": own, "converter-controller": own, "converter-discovery": [],
        "converter-before": ["--member-schemas"], "converter-after": ["--member-schemas"], "converter-remove": [],
    }  # fmt: skip


def test_without_a_scheduler_of_its_own_there_is_no_budget_for_it(default):
    budget = ("PodDisruptionBudget", "converter-scheduler")
    assert budget in released(default)
    assert budget not in released(render({"scheduler": {"enabled": False}}))
    assert budget not in released(render({"scheduler": {"podDisruptionBudget": {"enabled": False}}}))


def test_so_it_does_with_another_namespace_and_image_and_with_network_policies(tmp_path):
    for name in ("host", "network-policies"):
        (tmp_path / name).mkdir()
        for file in (ROOT / "deploy" / name).iterdir():
            (tmp_path / name / file.name).write_text(file.read_text())
    digest = "sha256:" + "5" * 64
    overlay = {
        "namespace": "elsewhere", "resources": ["../host"], "components": ["../network-policies"],
        "images": [{"name": "karmada-api-version-converter", "newName": "registry.example/c", "digest": digest}],
    }  # fmt: skip
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    wanted = kustomize(tmp_path / "mine")
    values = nested({"image.repository": "registry.example/c", "image.digest": digest, "networkPolicies.enabled": True})
    made = released(render(values, namespace="elsewhere"))
    for (kind, name), item in made.items():
        if kind == "NetworkPolicy":  # the component's have only the label of their component
            wanted[kind, name]["metadata"]["labels"] = item["metadata"]["labels"]
    assert made == wanted


def test_its_objects_for_monitoring_are_those_of_kustomize(default):
    wanted = kustomize(ROOT / "deploy" / "monitoring")
    made = released(render({"monitoring": {"enabled": True}}))
    found = {key: item for key, item in made.items() if key not in released(default)}
    for item in some(found.values()):
        del item["metadata"]["labels"]["app.kubernetes.io/version"]  # the folder has no label of a release
    assert found == wanted


def test_nothing_names_the_release_or_is_outside_of_its_namespace():
    """So several releases share a host cluster, each in the namespace of its Karmada."""
    cluster_scoped = re.compile("^(Cluster.*|Namespace|PriorityClass|.*WebhookConfiguration|APIService|.*Policy.*)$")
    for namespace in ("karmada-one", "karmada-two"):
        found = objects(render(everything(), namespace=namespace, release=f"of-{namespace}"))
        others = {key: item for key, item in found.items() if key != ("ConfigMap", "mine")}
        assert {item["metadata"]["namespace"] for item in some(others.values())} == {namespace}
        assert [kind for kind, _ in others if cluster_scoped.match(kind) and kind != "NetworkPolicy"] == []
        assert f"of-{namespace}" not in json.dumps(list(others.values()))
        assert NAMESPACE not in json.dumps(list(others.values()))


def test_the_webhooks_go_before_the_release_and_come_after_it():
    found = hooks(objects(render()))
    events = {name: item["metadata"]["annotations"][HOOK] for (kind, name), item in found.items() if kind == "Job"}
    assert events == {
        "converter-before": "pre-install,pre-upgrade,pre-rollback",
        "converter-after": "post-install,post-upgrade,post-rollback",
        "converter-remove": "pre-delete",
    }
    rights = [item for (kind, _), item in found.items() if kind in {"ServiceAccount", "Role", "RoleBinding"}]
    everywhere = {event for text in events.values() for event in text.split(",")} | {"test"}
    for item in some(rights):
        assert set(item["metadata"]["annotations"][HOOK].split(",")) == everywhere
        assert int(item["metadata"]["annotations"]["helm.sh/hook-weight"]) < 0, "before the Jobs"
    for item in some(found.values()):
        policy = item["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
        assert policy == "before-hook-creation,hook-succeeded", "nothing is left after `helm uninstall`"


def test_a_deployment_s_selector_never_changes():
    plain = objects(render(CASES["dashboard"]))
    for values in (everything(), {"commonLabels": {"app.kubernetes.io/component": "theirs"}}):
        for (kind, name), item in some(objects(render(values)).items()):
            if kind == "Deployment":
                assert item["spec"]["selector"] == plain[kind, name]["spec"]["selector"]
                labels = item["spec"]["template"]["metadata"]["labels"]
                assert item["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_a_null_value_removes_a_default(default):
    values = {"admission": {"livenessProbe": None, "podSecurityContext": {"seccompProfile": None}, "resources": None}}
    wanted = copy.deepcopy(objects(default)["Deployment", "converter-admission"])
    pod = wanted["spec"]["template"]["spec"]
    del pod["containers"][0]["livenessProbe"], pod["containers"][0]["resources"]
    del pod["securityContext"]["seccompProfile"]
    assert objects(render(values))["Deployment", "converter-admission"] == wanted


def test_a_packaged_chart_renders_the_same(tmp_path, default):
    done = helm("package", CHART, f"--destination={tmp_path}")
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.iterdir()
    done = helm("template", "converter", archive, f"--namespace={NAMESPACE}")
    assert done.stdout == default
