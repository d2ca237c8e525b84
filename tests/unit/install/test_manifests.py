"""The installation's files say what the code does: options, ports, names, files, rights."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from converter.cli import build_parser
from converter.controllers.apiservices import LABEL
from converter.install.identities import IDENTITIES
from converter.install.manifests import (
    DASHBOARD,
    KARMADA_PART,
    MEMBER_SCHEMAS,
    Addresses,
    InstallationError,
    karmada_part,
    place_of,
    rights_by_choice,
    user_name,
)
from converter.install.tokens import MOUNT, account_of, secret_of
from converter.karmada.interpreters import CUSTOMIZATION
from converter.karmada.names import MIRROR_LABEL
from converter.server.run import FINISH_SECONDS, Address
from converter.server.wiring import Settings, assemble
from tests.nonempty import some

ROOT = Path(__file__).parents[3]
HOST = ROOT / "deploy" / "host"
POLICIES = ROOT / "deploy" / "network-policies"
HOST_FILES = sorted([*HOST.glob("*.yaml"), *(DASHBOARD / "host").glob("*.yaml")])
HOST_PART = [item for file in HOST_FILES for item in yaml.safe_load_all(file.read_text()) if "metadata" in item]
COMPONENTS = ("admission", "controller", "dashboard", "discovery")
ACCOUNTS = {"converter-admission", "converter-controller", "converter-discovery", "converter-scheduler"}


def host(kind, component):
    (found,) = [i for i in HOST_PART if i["kind"] == kind and i["metadata"]["name"] == f"converter-{component}"]
    return found


def pod(component):
    return host("Deployment", component)["spec"]["template"]["spec"]


def options(component):
    """What the process would be started with, read by the command line itself."""
    (container,) = pod(component)["containers"]
    variables = {"POD_NAME": f"converter-{component}-0", "POD_NAMESPACE": "karmada-system"}
    args = [re.sub(r"\$\((\w+)\)", lambda name: variables[name[1]], arg) for arg in container["args"]]
    return build_parser().parse_args(args)


@pytest.mark.parametrize("component", COMPONENTS)
def test_its_ports_and_probes_are_where_the_process_listens(component):
    (container,) = pod(component)["containers"]
    args = options(component)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    main = {"admission": "https", "discovery": "https", "dashboard": "http"}.get(component)
    assert Address.parse(args.metrics_listen) == Address("", ports.pop("http-metrics"))
    assert list(ports) == ([] if main is None else [main])
    assert main is None or Address.parse(args.listen) == Address("", ports[main])
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        asked = container[probe]["httpGet"]
        assert (asked["port"], asked["scheme"]) == ("http-metrics", "HTTP")
        assert asked["path"] == ("/readyz" if probe == "readinessProbe" else "/healthz")


def test_all_processes_can_run_with_the_network_of_one_node():
    numbers = [port["containerPort"] for one in COMPONENTS for port in pod(one)["containers"][0]["ports"]]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("component", ["admission", "dashboard", "discovery"])
def test_no_service_leads_to_health_and_metrics(component):
    (port,) = host("Service", component)["spec"]["ports"]
    assert port["targetPort"] != "http-metrics"


@pytest.mark.parametrize("component", ["admission", "discovery"])
def test_it_is_let_finish_before_it_is_killed(component):
    longest = options(component).drain_seconds + FINISH_SECONDS + 5
    assert pod(component)["terminationGracePeriodSeconds"] >= longest


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_file_that_it_reads_is_mounted(component):
    args = options(component)
    (container,) = pod(component)["containers"]
    mounts = {mount["mountPath"]: mount["name"] for mount in container["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in pod(component)["volumes"]}
    assert set(mounts.values()) == set(volumes)
    files = [getattr(args, name, None) for name in ("kubeconfig", "tls_cert", "tls_key")]
    for file in some([Path(path) for path in (*args.rules, *filter(None, files))]):
        assert str(file) in mounts or str(file.parent) in mounts
    if component in {"admission", "discovery"}:
        secret = volumes["tls"]["secret"]
        kept = options("controller").certificate_secret
        assert f"karmada-system/{secret['secretName']}" == kept
        assert {item["key"] for item in secret["items"]} == {"tls.crt", "tls.key"}, "and not the authority's key"


def test_the_rights_name_the_secrets_that_are_kept():
    (named,) = host("Role", "controller")["rules"]
    kept = options("controller").certificate_secret.removeprefix("karmada-system/")
    assert named["resourceNames"] == [kept, *map(secret_of, IDENTITIES)]
    assert named["verbs"] == ["get", "update"], "a right to create Secrets cannot be limited to a name"
    (secret,) = [item for item in HOST_PART if item["kind"] == "Secret"]
    assert secret["metadata"]["name"] == kept
    assert "data" not in secret, "applying it again must not touch the certificates"
    assert "stringData" not in secret


@pytest.mark.parametrize("component", ["admission", "controller", "discovery"])
def test_the_token_s_file_is_where_its_secret_is_mounted(component):
    (container,) = pod(component)["containers"]
    (volume,) = [volume for volume in pod(component)["volumes"] if volume["name"] == "karmada"]
    assert volume["secret"]["secretName"] == secret_of(component)
    (mount,) = [mount for mount in container["volumeMounts"] if mount["name"] == "karmada"]
    assert mount["mountPath"] == MOUNT
    assert "subPath" not in mount, "the kubelet does not update a file that is mounted by itself"
    assert options(component).kubeconfig == f"{MOUNT}/kubeconfig"


def test_the_tokens_of_its_own_namespace_are_renewed():
    assert options("controller").renew_tokens == "karmada-system"


def test_the_certificates_answer_for_every_name_that_karmada_calls():
    args, addresses = options("controller"), Addresses()
    called = {addresses.webhooks.removeprefix("https://").removesuffix(":443"), addresses.discovery_host}
    called.add(f"{args.discovery_service}.{args.discovery_namespace}.svc")  # kube-aggregator's name for the Service
    assert called == set(args.certificate_name)
    assert args.discovery_url == f"https://{addresses.discovery_host}"


def test_all_three_have_the_same_rules_and_both_deciders_the_same_policy():
    assert len({tuple(options(component).rules) for component in COMPONENTS}) == 1
    assert options("admission").policy == options("controller").policy
    assert options("admission").inventory == options("controller").inventory


@pytest.mark.parametrize("component", ["admission", "discovery"])
def test_services_and_budgets_select_the_pods(component):
    deployment = host("Deployment", component)
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert host("Service", component)["spec"]["selector"] == labels
    assert host("PodDisruptionBudget", component)["spec"]["selector"]["matchLabels"] == labels
    assert deployment["spec"]["replicas"] >= 2
    for spread in some(pod(component)["topologySpreadConstraints"]):
        assert spread["labelSelector"]["matchLabels"] == labels


def test_the_rights_for_member_schemas_are_a_component_with_the_labels_of_its_base():
    base, component = (yaml.safe_load((folder / "kustomization.yaml").read_text())
                       for folder in (KARMADA_PART, MEMBER_SCHEMAS))  # fmt: skip
    assert component["labels"] == base["labels"]
    usual = {place_of(item).path for item in karmada_part(Addresses(namespace="control"))}
    whole = {place_of(item).path: item for item in karmada_part(Addresses(namespace="control", member_schemas=True))}
    by_choice = {place_of(item).path for item in rights_by_choice(Addresses(namespace="control"))}
    assert whole.keys() - usual == by_choice
    for path in some(by_choice):
        assert whole[path]["metadata"]["labels"]["app.kubernetes.io/name"] == "karmada-api-version-converter"


def test_the_image_s_tag_is_this_version():
    kustomization = yaml.safe_load((HOST / "kustomization.yaml").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (image,) = kustomization["images"]
    assert image == {"name": project["name"], "newTag": project["version"]}
    assert {pod(component)["containers"][0]["image"] for component in COMPONENTS} == {project["name"]}


@pytest.mark.parametrize("side", ["host", "karmada"])
def test_the_dashboard_s_component_has_the_labels_and_the_image_of_its_base(side):
    """Kustomize gives a base's labels to the base's objects only."""
    base, component = (
        yaml.safe_load((folder / "kustomization.yaml").read_text())
        for folder in (ROOT / "deploy" / side, DASHBOARD / side)
    )
    assert component["labels"] == base["labels"]
    assert component.get("images") == base.get("images")


@pytest.mark.parametrize("component", COMPONENTS)
def test_its_network_policy_selects_its_pods_and_its_port(component):
    policies = list(yaml.safe_load_all((POLICIES / "network-policies.yaml").read_text()))
    assert len(policies) == len(COMPONENTS)
    (policy,) = [one for one in policies if one["metadata"]["name"] == f"converter-{component}"]
    labels = host("Deployment", component)["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"] == labels
    ports = {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]}
    (container,) = pod(component)["containers"]
    assert ports == {port["containerPort"] for port in container["ports"]}


@pytest.mark.parametrize("component", COMPONENTS)
def test_only_namespaces_with_the_label_reach_health_and_metrics(component):
    policies = yaml.safe_load_all((POLICIES / "network-policies.yaml").read_text())
    (policy,) = [one for one in policies if one["metadata"]["name"] == f"converter-{component}"]
    ports = {port["name"]: port["containerPort"] for port in pod(component)["containers"][0]["ports"]}
    rules = [
        rule for rule in policy["spec"]["ingress"] for port in rule["ports"] if port["port"] == ports["http-metrics"]
    ]
    assert [rule["from"] for rule in rules] == [
        [{"namespaceSelector": {"matchLabels": {"apiconverter.dev/metrics": "true"}}}]
    ]
    others = [rule for rule in policy["spec"]["ingress"] if rule not in rules]
    assert "apiconverter.dev/metrics" not in str(others)


@pytest.mark.parametrize(
    "folder", [HOST, KARMADA_PART, POLICIES, DASHBOARD / "host", DASHBOARD / "karmada", MEMBER_SCHEMAS]
)
def test_every_file_is_part_of_its_kustomization(folder):
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    files = {file.name for file in folder.iterdir()} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == files


def test_the_webhooks_are_paths_that_are_served():
    served = assemble(Settings(inventory=None)).app
    configurations = [item for item in karmada_part(Addresses()) if item["kind"].endswith("WebhookConfiguration")]
    base = Addresses().webhooks
    hooks = [hook for configuration in some(configurations) for hook in configuration["webhooks"]]
    paths = {hook["clientConfig"]["url"].removeprefix(base) for hook in hooks}
    assert paths == set(served._webhooks)


def test_addresses_and_the_authority_are_filled_in():
    addresses = Addresses("https://10.0.0.1:8443/", "discovery.example", "Zm9v", "control")
    manifests = karmada_part(addresses)
    assert {place_of(item).namespace for item in manifests} == {"", "control"}
    (service,) = [item for item in manifests if item["kind"] == "Service"]
    assert service["spec"]["externalName"] == "discovery.example"
    (configuration,) = [item for item in manifests if item["kind"] == "MutatingWebhookConfiguration"]
    for webhook in some(configuration["webhooks"]):
        assert webhook["clientConfig"]["url"].startswith("https://10.0.0.1:8443/mutate/")
        assert webhook["clientConfig"]["caBundle"] == "Zm9v"


@pytest.mark.parametrize("name", ["converter-apiservices", "converter-interpreters"])
def test_a_policy_is_bound_and_limits_the_controller(name):
    items = [item for item in karmada_part(Addresses()) if item["metadata"]["name"] == name]
    policy, binding = items
    assert [item["kind"] for item in items] == ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"]
    assert binding["spec"]["policyName"] == name
    (condition,) = policy["spec"]["matchConditions"]
    user = user_name("karmada-system", "converter-controller")
    assert condition["expression"].rpartition(" ")[2].strip('"') == user


def subjects(manifests):
    return [one for item in manifests for one in item.get("subjects", ())]


@pytest.mark.parametrize("namespace", ["karmada-system", "control"])
def test_every_right_is_one_of_a_service_account_of_the_installation(namespace):
    manifests = karmada_part(Addresses(namespace=namespace))
    accounts = {
        (item["metadata"]["namespace"], item["metadata"]["name"])
        for item in manifests
        if item["kind"] == "ServiceAccount"
    }
    assert accounts == {(namespace, name) for name in ACCOUNTS}
    for subject in some(subjects(manifests)):
        assert subject["kind"] == "ServiceAccount"
        assert (subject["namespace"], subject["name"]) in accounts


@pytest.mark.parametrize("name", ["converter-apiservices", "converter-interpreters"])
def test_a_policy_follows_the_controller_to_another_namespace(name):
    policy, _ = [item for item in karmada_part(Addresses(namespace="control")) if item["metadata"]["name"] == name]
    (condition,) = policy["spec"]["matchConditions"]
    assert condition["expression"].endswith(f'"{user_name("control", "converter-controller")}"')


def test_the_controller_requests_tokens_for_the_accounts_of_the_installation_only():
    rules = [rule for item in karmada_part(Addresses()) for rule in item.get("rules", ())]
    (rule,) = [rule for rule in rules if "serviceaccounts/token" in rule["resources"]]
    assert rule["verbs"] == ["create"]
    assert rule["resourceNames"] == [account_of(name) for name in IDENTITIES]
    accounts = {item["metadata"]["name"] for item in karmada_part(Addresses(dashboard=True))
                if item["kind"] == "ServiceAccount"}  # fmt: skip
    assert accounts == set(rule["resourceNames"])


def test_the_dashboard_may_only_read_and_ask():
    without, whole = ({(one["kind"], one["metadata"]["name"]): one for one in karmada_part(Addresses(dashboard=there))}
                      for there in (False, True))  # fmt: skip
    added = {key: one for key, one in whole.items() if key not in without}
    assert {kind for kind, _ in added} == {"ServiceAccount", "ClusterRole", "ClusterRoleBinding"}
    assert {name for _, name in added} == {"converter-dashboard"}
    for rule in some(added["ClusterRole", "converter-dashboard"]["rules"]):
        asks = set(rule["resources"]) <= {"tokenreviews", "subjectaccessreviews"}
        assert set(rule["verbs"]) <= ({"create"} if asks else {"get", "list", "watch"})


def test_the_policy_on_interpreters_has_our_labels():
    (policy,) = [
        item
        for item in karmada_part(Addresses())
        if (item["kind"], item["metadata"]["name"]) == ("ValidatingAdmissionPolicy", "converter-interpreters")
    ]
    expressions = " ".join(one["expression"] for one in policy["spec"]["variables"])
    for item in some([one for one in karmada_part(Addresses()) if one["kind"] == CUSTOMIZATION]):
        assert f'"{item["metadata"]["labels"]["app.kubernetes.io/name"]}"' in expressions
        assert item["metadata"]["name"].startswith("converter-")
    assert f'"{MIRROR_LABEL}"' in expressions


def test_the_policy_on_api_services_says_what_the_controller_makes():
    addresses = Addresses(namespace="control")
    (policy,) = [
        item
        for item in karmada_part(addresses)
        if (item["kind"], item["metadata"]["name"]) == ("ValidatingAdmissionPolicy", "converter-apiservices")
    ]
    assert policy["spec"]["variables"] == [{"name": "home", "expression": "'control'"}]
    expressions = " ".join(one["expression"] for one in policy["spec"]["validations"])
    assert f'"{LABEL}"' in expressions
    assert f'"{options("controller").discovery_service}"' in expressions


def test_what_others_need_is_applied_first():
    kinds = [item["kind"] for item in karmada_part(Addresses())]
    assert kinds[0] == "Namespace"
    assert kinds.index("ClusterRole") < kinds.index("ClusterRoleBinding") < kinds.index("MutatingWebhookConfiguration")


def test_a_kind_that_is_not_ours_is_an_error():
    with pytest.raises(InstallationError, match="Gadget"):
        place_of({"apiVersion": "v1", "kind": "Gadget", "metadata": {"name": "one"}})
