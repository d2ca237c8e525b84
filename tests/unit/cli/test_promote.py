"""`converter promote`: what it creates and prints, and its exit codes."""

import pytest
import yaml

from converter.cli import main
from converter.client import ApiServer
from tests.fakes.promotion import ControlPlane
from tests.unit.promote.test_plan import CRON, NAMESPACE, SECRET, SHOP

TEMPLATE = {**CRON, "apiVersion": "batch/v1"}
POLICY = "/apis/policy.karmada.io/v1alpha1/namespaces/demo/propagationpolicies"
VALUE = SECRET["data"]["k"]


class Server(ControlPlane):
    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        return None

    async def connect(self, *_):
        """What `ApiServer.connect` gives."""
        return self


@pytest.fixture
def karmada(monkeypatch):
    made = Server()

    monkeypatch.setattr(ApiServer, "connect", made.connect)
    return made


def promote(*arguments):
    return main(["promote", *arguments, "-C", "old", "--kubeconfig", "karmada.config"])


def run(karmada, *manifests):
    for manifest in manifests:
        karmada.run(manifest)
    karmada.writes.clear()


@pytest.mark.parametrize("words", [("cronjob", "report"), ("cronjob/report",)])
def test_template_and_policy_are_created(karmada, words):
    run(karmada, CRON)
    assert promote(*words, "-n", "demo") == 0
    assert karmada.stored(TEMPLATE)["apiVersion"] == "batch/v1"
    policy = karmada.objects[f"{POLICY}/promote-cronjob-report"]
    assert policy["spec"]["placement"] == {"clusterAffinity": {"clusterNames": ["old"]}}


def test_a_dry_run_creates_nothing(karmada):
    run(karmada, CRON)
    assert promote("cronjob", "report", "-n", "demo", "--dry-run") == 0
    assert karmada.writes == []


def test_manifests_are_printed_alone_on_standard_output_and_nothing_is_created(karmada, capsys):
    run(karmada, *SHOP)
    assert promote("deployment", "shop", "-n", "demo", "-o", "yaml") == 0
    printed = list(yaml.safe_load_all(capsys.readouterr().out))
    assert karmada.writes == []
    assert [item["kind"] for item in printed[:2]] == ["Namespace", "PropagationPolicy"]
    assert {(i["kind"], i["metadata"]["name"]) for i in printed[2:]} == {
        (i["kind"], i["metadata"]["name"]) for i in SHOP
    }
    selected = [(item["kind"], item["name"]) for item in printed[1]["spec"]["resourceSelectors"]]
    assert selected == [(item["kind"], item["metadata"]["name"]) for item in printed[2:]]


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("-o", "yaml")])
def test_a_report_never_has_the_value_of_a_secret(karmada, capsys, options):
    secret = {**SECRET, "spec": {"unknown": VALUE}}
    run(karmada, *SHOP, secret)
    assert promote("deployment", "shop", "-n", "demo", *options) == 0
    captured = capsys.readouterr()
    assert VALUE not in captured.err
    assert (VALUE in captured.out) == (options == ("-o", "yaml"))


def test_a_whole_namespace(karmada):
    run(karmada, *SHOP, CRON)
    assert promote("--all", "-n", "demo", "--policy-name", "mine") == 0
    assert len(karmada.objects[f"{POLICY}/mine"]["spec"]["resourceSelectors"]) == len(SHOP) + 1


def test_what_was_promoted_is_nothing_to_do(karmada):
    karmada.run(CRON, labels={"karmada.io/managed": "true"})
    karmada.writes.clear()
    assert promote("cronjob", "report", "-n", "demo") == 0
    assert karmada.writes == []


def test_another_template_of_that_name_is_not_touched(karmada):
    karmada.put("/api/v1/namespaces/demo", NAMESPACE)
    karmada.put(karmada.path(TEMPLATE), {**TEMPLATE, "spec": {"schedule": "0 0 * * *"}})
    run(karmada, CRON)
    assert promote("cronjob", "report", "-n", "demo") == 1
    assert karmada.writes == []


def test_another_template_of_a_dependency_is_left_alone_and_the_rest_is_promoted(karmada):
    karmada.put("/api/v1/namespaces/demo", NAMESPACE)
    karmada.put(karmada.path(SECRET), {**SECRET, "data": {"k": "b3RoZXI="}})
    run(karmada, *SHOP)
    assert promote("deployment", "shop", "-n", "demo") == 1
    assert karmada.stored(SECRET)["data"] == {"k": "b3RoZXI="}
    selectors = karmada.objects[f"{POLICY}/promote-deployment-shop"]["spec"]["resourceSelectors"]
    assert "Secret" not in {selector["kind"] for selector in selectors}


def test_what_karmada_would_refuse_stops_all(karmada):
    karmada.put("/api/v1/namespaces/demo", NAMESPACE)
    run(karmada, *SHOP)
    karmada.fail = lambda method, path: (422, "Invalid") if (method, path[-9:]) == ("POST", "/services") else None
    assert promote("deployment", "shop", "-n", "demo") == 1
    assert karmada.writes == []


def test_strict_stops_where_a_value_would_be_lost(karmada):
    run(karmada, {**CRON, "spec": {**CRON["spec"], "timeZone": "Etc/UTC"}})
    assert promote("cronjob", "report", "-n", "demo", "--strict") == 1
    assert karmada.writes == []
    assert promote("cronjob", "report", "-n", "demo") == 0


POLICY_FILE = """
apiVersion: apiconverter.dev/v1alpha1
kind: LossPolicy
metadata: {name: strict}
spec:
  default: {dangerous: deny}
"""


def test_a_loss_that_the_policy_denies_stops_all(karmada, tmp_path):
    (tmp_path / "policy.yaml").write_text(POLICY_FILE)
    run(karmada, {**CRON, "spec": {**CRON["spec"], "timeZone": "Etc/UTC"}})
    words = ("cronjob", "report", "-n", "demo", "--policy-file", str(tmp_path / "policy.yaml"))
    assert promote(*words) == 1
    assert karmada.writes == []
    (tmp_path / "policy.yaml").write_text(POLICY_FILE.replace("deny", "warn"))
    assert promote(*words) == 0


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("cronjob",),
        ("--all",),
        ("--all", "cronjob", "report", "-n", "demo"),
        ("cronjob", "absent", "-n", "demo"),
        ("gadget", "report", "-n", "demo"),
        ("cronjob", "report"),
        ("cronjob", "report/status", "-n", "demo"),
        ("cronjob", "report?x", "-n", "demo"),
        ("cronjob", "report", "-n", "demo/pods"),
        ("cronjob", "..", "-n", "demo"),
        ("cronjob", "report", "-n", "demo", "--policy-name", "a/b"),
    ],
)
def test_wrong_usage_and_what_is_not_there(karmada, words):
    run(karmada, CRON)
    assert promote(*words) == 2
    assert karmada.writes == []
