"""Every alert, tested by promtool: with series for which it fires, and with the nearest ones for which it does not."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
import yaml

from tests.monitoring.prometheus import ROOT, promtool, rules, write_rules
from tests.nonempty import some

ALERTS = [rule for rule in rules() if "alert" in rule]
RUNBOOKS = "https://apiconverter.dev/docs/"

PROCESSES = ("admission", "controller", "discovery")
MINUTE = 60
HOUR = 60 * MINUTE


class Case(NamedTuple):
    """Series for an alert, by name and labels, in promtool's notation.

    There is a value every minute, or every ten (`step`) if the time is longer than four hours.

    Attributes:
        fires: series for which it fires.
        silent: series for which it does not.
        minutes: when to look.
        expected: labels of the alert, apart from those of the rule.
    """

    fires: dict[str, str]
    silent: dict[str, str]
    minutes: int
    expected: dict[str, str]

    @property
    def step(self) -> str:
        return "1m" if self.minutes <= 240 else "10m"


def info(*processes: str, number: int = 1, values: str = "1x60", namespace: str = "k", **labels: str) -> dict[str, str]:
    """Replicas of processes."""
    made = {}
    for process in processes:
        for one in range(number):
            every = {
                "namespace": namespace,
                "process": process,
                "version": "1",
                "instance": f"{process}-{one}",
                **labels,
            }
            made[series("converter_build_info", **every)] = values
    return made


def series(name: str, **labels: str) -> str:
    return name + "{" + ",".join(f'{label}="{value}"' for label, value in labels.items()) + "}"


def gone(process: str) -> Case:
    """One process does not run, while the others do; and all do."""
    others = [one for one in PROCESSES if one != process]
    minutes = 10
    return Case(
        {**info(*others), **info(process, values="1x3 stale _x30")}, info(*PROCESSES), minutes, {"namespace": "k"}
    )


def ends(kind: str, left: float, life: float = 90 * 24 * HOUR, **labels: str) -> dict[str, str]:
    """Something of which a part of its life is left; promtool's clock begins at 0."""
    labels = {"instance": "a", **labels}
    return {
        series(f"converter_{kind}_not_before_timestamp_seconds", **labels): f"{life * left - life}x60",
        series(f"converter_{kind}_not_after_timestamp_seconds", **labels): f"{life * left}x60",
    }


def requests(webhook: str = "works", **outcomes: float) -> dict[str, str]:
    """Requests of each step by their outcome, for four days of long steps."""
    return {
        series("converter_requests_total", webhook=webhook, outcome=outcome, namespace="k"): f"0+{rate:g}x600"
        for outcome, rate in outcomes.items()
    }


def slow(rate: float, of: float = 10000) -> dict[str, str]:
    """Reviews of each step that take longer than 0.1 seconds, for four days of long steps."""
    name = "converter_request_duration_seconds"
    return {
        series(f"{name}_count", webhook="works"): f"0+{of:g}x600",
        series(f"{name}_bucket", webhook="works", le="0.1"): f"0+{of - rate:g}x600",
    }


def value(name: str, fires: str, silent: str, minutes: int = 60, **labels: str) -> Case:
    """One series; its labels are those of the alert."""
    return Case({series(name, **labels): fires}, {series(name, **labels): silent}, minutes, labels)


def burns(window: str, fires: dict[str, str], silent: dict[str, str], minutes: int) -> Case:
    """An objective; the alert is labelled with the shorter of the windows that exceed their burn rate."""
    return Case(fires, silent, minutes, {"sloth_window": window})


ONE = {"instance": "a", "namespace": "k"}

CASES: dict[str, list[Case]] = {
    "ConverterAdmissionDown": [
        gone("admission"),
        Case({series("up", job="other"): "1x60"}, info(*PROCESSES), 10, {}),  # never seen: without labels
    ],
    "ConverterDiscoveryDown": [
        gone("discovery"),
        Case(
            {**info(*PROCESSES), series("converter_discovery_reachable", namespace="k"): "0x60"},
            {**info(*PROCESSES), series("converter_discovery_reachable", namespace="k"): "1x60"},
            10, {"namespace": "k"},
        ),
    ],
    "ConverterControllerDown": [
        gone("controller"),
        Case(
            {**info(*PROCESSES), **{series("converter_leader", namespace="k", instance=one): "0x60" for one in "ab"}},
            {**info(*PROCESSES), series("converter_leader", namespace="k", instance="a"): "0x60",
             series("converter_leader", namespace="k", instance="b"): "1x60"},
            10, {"namespace": "k"},
        ),
    ],
    "ConverterSchedulerDown": [value("converter_scheduler_available", "0x60", "1x60", namespace="k")],
    "ConverterWithoutRedundancy": [
        Case({**info("admission", number=2), **info("discovery")}, info(*PROCESSES, number=2), 20,
             {"namespace": "k", "process": "discovery"}),
    ],
    "ConverterTokenExpiresSoon": [
        Case(ends("token", 0.15), ends("token", 0.33), 10, {"instance": "a"}),
        Case(ends("token", 0.15, life=5 * HOUR), ends("token", 0.33, life=5 * HOUR), 10, {"instance": "a"}),  # short
    ],
    "ConverterIdentityExpiresSoon": [
        Case(ends("identity", 0.22, identity="x"), ends("identity", 0.33, identity="x"), 10,
             {"instance": "a", "identity": "x"}),
    ],
    "ConverterCertificateExpiresSoon": [
        Case(ends("certificate", 0.15), ends("certificate", 0.33), 10, {"instance": "a"}),
    ],
    "ConverterRulesDiffer": [
        Case(
            {series("converter_rulebook_info", namespace="k", digest=one, instance=one): "1x60" for one in "ab"},
            {series("converter_rulebook_info", namespace="k", digest="a", instance=one): "1x60" for one in "ab"},
            20, {"namespace": "k"},
        ),
        Case(  # discovery knows files only, and another one has rule objects
            {series("converter_rulebook_info", namespace="k", files="b", instance="discovery"): "1x60",
             series("converter_rulebook_info", namespace="k", files="a", digest="d", instance="a"): "1x60"},
            {series("converter_rulebook_info", namespace="k", files="a", instance="discovery"): "1x60",
             series("converter_rulebook_info", namespace="k", files="a", digest="d", instance="a"): "1x60"},
            20, {"namespace": "k"},
        ),
        Case(
            {series("converter_rulebook_info", namespace="k", digest=one, instance=one): "1x60" for one in "ab"},
            {series("converter_rulebook_info", namespace=one, digest=one, instance=one): "1x60" for one in "ab"},
            20, {"namespace": "k"},
        ),
    ],
    "ConverterReleasesDiffer": [
        Case({**info("admission"), **info("controller", version="2")}, info("admission", "controller"), 40,
             {"namespace": "k"}),
    ],
    "ConverterRulesInvalid": [value("converter_rules_last_reload_successful", "0x60", "1x60", **ONE)],
    "ConverterInventoryInvalid": [value("converter_inventory_last_reload_successful", "0x60", "1x60", **ONE)],
    "ConverterReconcilesFailing": [
        Case(
            {series("converter_reconciles_total", namespace="k", controller="work", outcome="failed"): "0+20x60",
             series("converter_reconciles_total", namespace="k", controller="work", outcome="done"): "0+80x60"},
            {series("converter_reconciles_total", namespace="k", controller="work", outcome="failed"): "0+5x60",
             series("converter_reconciles_total", namespace="k", controller="work", outcome="done"): "0+95x60"},
            60, {"namespace": "k", "controller": "work"},
        ),
    ],
    "ConverterWatchesFailing": [
        value("converter_watch_failures_total", "0+2x60", "0 0 1 2 3 4 4x60", watch="works", instance="a"),
    ],
    "ConverterNoClusters": [value("converter_clusters", "0x60", "1x60", **ONE)],
    "ConverterReviewsOverLimit": [
        value("converter_requests_total", "0+1x60", "5x60", namespace="k", webhook="works", outcome="too_large"),
        value("converter_requests_total", "0+1x60", "5x60", namespace="k", webhook="works", outcome="busy"),
    ],
    "ConverterCallersRefused": [
        Case(requests(forbidden=1), requests(forbidden=0, invalid=5), 30, {"namespace": "k", "webhook": "works"}),
    ],
    "ConverterInternalErrors": [
        Case(requests(failed=1), requests(failed=0, denied=5), 30, {"namespace": "k", "webhook": "works"}),
    ],
    "ConverterManyOverflowObjects": [
        Case(
            {series("converter_watched_objects", namespace="k", watch="overflow"): "5001x60"},
            {series("converter_watched_objects", namespace="k", watch="overflow"): "5000x60",
             series("converter_watched_objects", namespace="k", watch="works"): "90000x60"},
            60, {"namespace": "k"},
        ),
    ],
    "ConverterLogLinesDropped": [value("converter_log_dropped_lines_total", "0+1x60", "7x60", **ONE)],
    "ConverterAdmissionAvailabilityBurnRateHigh/page": [
        burns("5m", requests(failed=20, unchanged=980), requests(failed=5, unchanged=995), 180),
        burns("5m", requests(busy=20, unchanged=980), requests(denied=500, unchanged=500), 180),
        burns("5m", requests(too_large=20, changed=980), requests(invalid=500, changed=500), 180),
        burns("30m", requests(failed=7, unchanged=993), requests(failed=5, unchanged=995), 24 * 60),
    ],
    "ConverterAdmissionAvailabilityBurnRateHigh/ticket": [
        burns("2h", requests(failed=5, unchanged=995), requests(failed=0.5, unchanged=999.5), 24 * 60),
        burns("6h", requests(failed=2, unchanged=998), requests(failed=0.5, unchanged=999.5), 4 * 24 * 60),
    ],
    "ConverterAdmissionLatencyBurnRateHigh/ticket": [burns("2h", slow(50), slow(5), 24 * 60)],
    "ConverterWorkDenialsBurnRateHigh/page": [
        burns("5m", requests(denied=20, changed=980), requests(denied=5, changed=995), 180),
        burns("5m", requests(denied=20, changed=980), requests("bindings", denied=500, changed=500), 180),
    ],
    "ConverterWorkDenialsBurnRateHigh/ticket": [
        burns("2h", requests(denied=5, changed=995), requests(denied=0.5, changed=999.5), 24 * 60),
    ],
}  # fmt: skip


def name_of(rule: dict[str, Any]) -> str:
    severity = rule["labels"].get("sloth_severity")
    return f"{rule['alert']}/{severity}" if severity else str(rule["alert"])


def test_every_alert_has_cases():
    assert sorted(CASES) == sorted(map(name_of, ALERTS))


def expected(rule: dict[str, Any], case: Case) -> list[dict[str, Any]]:
    """What `ALERTS` contains while the alert fires."""
    labels = {**case.expected, **rule["labels"], "alertname": rule["alert"], "alertstate": "firing"}
    if "sloth_severity" in labels:
        slo = next(one for one in rules() if one.get("labels", {}).get("sloth_slo", "!") in rule["expr"])["labels"]
        labels = {**slo, **labels}
    return [{"labels": series("ALERTS", **labels), "value": 1}]


def judged(rule: dict[str, Any], case: Case, given: dict[str, str], wanted: list[dict[str, Any]]) -> dict[str, Any]:
    severity = rule["labels"].get("sloth_severity")
    selected = {
        "alertname": rule["alert"],
        "alertstate": "firing",
        **({"sloth_severity": severity} if severity else {}),
    }
    return {
        "interval": case.step,
        "input_series": [{"series": name, "values": values} for name, values in given.items()],
        "promql_expr_test": [
            {"expr": series("ALERTS", **selected), "eval_time": f"{case.minutes}m", "exp_samples": wanted}
        ],
    }


@pytest.mark.parametrize("rule", ALERTS, ids=name_of)
def test_an_alert_fires_and_is_silent(rule, tmp_path):
    needed = write_rules(tmp_path, rule)
    # Without an order, promtool takes the groups as a Go map yields them: an alert can then precede its recordings,
    # and finds none, since the last ones are older than Prometheus' five minutes.
    order = [group["name"] for group in yaml.safe_load(needed.read_text("utf-8"))["groups"]]
    files = []
    for case in some(CASES[name_of(rule)]):
        tests = [judged(rule, case, case.fires, expected(rule, case)), judged(rule, case, case.silent, [])]
        files.append(tmp_path / f"test-{len(files)}.yml")
        common = {"rule_files": [str(needed)], "evaluation_interval": case.step, "group_eval_order": order}
        test = {**common, "tests": tests}
        files[-1].write_text(yaml.safe_dump(test), "utf-8")
    done = promtool("test", "rules", *files)
    assert done.returncode == 0, done.stdout + done.stderr
    print(f"{name_of(rule)}: {2 * len(files)} cases")


def test_promtool_accepts_all_rules(tmp_path):
    done = promtool("check", "rules", write_rules(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("rule", ALERTS, ids=name_of)
def test_an_alert_says_what_is_wrong_and_links_to_its_runbook(rule):
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    page, _, anchor = rule["annotations"]["runbook_url"].removeprefix(RUNBOOKS).partition("#")
    text = (ROOT / "docs" / page).with_suffix(".md").read_text("utf-8")
    assert anchor in {
        re.sub(r"[^a-z0-9]+", "-", heading.lower()) for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }


def test_the_runbooks_have_no_section_without_an_alert():
    text = (ROOT / "docs" / "runbooks" / "alerts.md").read_text("utf-8")
    assert set(re.findall(r"^## (\w+)$", text, re.MULTILINE)) == {rule["alert"] for rule in ALERTS}
