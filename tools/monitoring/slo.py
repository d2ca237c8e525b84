"""Makes Prometheus rules of objectives in Sloth's format, as Sloth does.

Karmada documents its objectives in this shape (Reliability Engineering Guide): a ratio of errors for each window,
metadata, and alerts for several burn rates that both a long and a short window must exceed. So Sloth's dashboards show
the converter with Karmada.
"""

from __future__ import annotations

from typing import Any, Final

WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
"""The windows over which errors are recorded."""

DAYS: Final = 30
"""The period of an objective."""

PAGE: Final = ((14.4, "5m", "1h"), (6, "30m", "6h"))
"""Burn rates that wake somebody, each with its short and its long window."""

TICKET: Final = ((3, "2h", "1d"), (1, "6h", "3d"))
"""Burn rates that are handled in working hours."""

_RUNBOOK = "https://apiconverter.dev/docs/runbooks/alerts.html"


def groups_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Make the groups of rules for a file of objectives.

    Args:
        spec: the file (``version: prometheus/v1``).
    """
    return [group for slo in spec["slos"] for group in _groups(spec, slo)]


def _groups(spec: dict[str, Any], slo: dict[str, Any]) -> list[dict[str, Any]]:
    service, name = spec["service"], slo["name"]
    identity = {"sloth_id": f"{service}-{name}", "sloth_service": service, "sloth_slo": name}
    labels = {**spec.get("labels", {}), **slo.get("labels", {}), **identity}
    suffix = identity["sloth_id"]
    return [
        {"name": f"sloth-slo-sli-recordings-{suffix}", "rules": _recordings(slo, identity, labels)},
        {"name": f"sloth-slo-meta-recordings-{suffix}", "rules": _metadata(slo, identity, labels)},
        {"name": f"sloth-slo-alerts-{suffix}", "rules": _alerts(slo, identity)},
    ]


def _recordings(slo: dict[str, Any], identity: dict[str, str], labels: dict[str, str]) -> list[dict[str, Any]]:
    events = slo["sli"]["events"]
    rules: list[dict[str, Any]] = []
    for window in WINDOWS:
        errors, total = (
            events[f"{which}_query"].replace("{{.window}}", window).strip() for which in ("error", "total")
        )
        rules.append({
            "record": f"slo:sli_error:ratio_rate{window}",
            "expr": f"({errors})\n/\n({total})\n",
            "labels": {**labels, "sloth_window": window},
        })  # fmt: skip
    recorded = f"{_selected('slo:sli_error:ratio_rate5m', identity)}[{DAYS}d]"
    rules.append({
        "record": f"slo:sli_error:ratio_rate{DAYS}d",
        "expr": f"sum_over_time({recorded})\n/ ignoring (sloth_window)\ncount_over_time({recorded})\n",
        "labels": {**labels, "sloth_window": f"{DAYS}d"},
    })  # fmt: skip
    return rules


def _metadata(slo: dict[str, Any], identity: dict[str, str], labels: dict[str, str]) -> list[dict[str, Any]]:
    budget = _selected("slo:error_budget:ratio", identity)
    share = f"\n/ on(sloth_id, sloth_slo, sloth_service) group_left\n{budget}\n"
    recorded = {
        "slo:objective:ratio": f"vector({_ratio(slo)})",
        "slo:error_budget:ratio": f"vector(1-{_ratio(slo)})",
        "slo:time_period:days": f"vector({DAYS})",
        "slo:current_burn_rate:ratio": _selected("slo:sli_error:ratio_rate5m", identity) + share,
        "slo:period_burn_rate:ratio": _selected(f"slo:sli_error:ratio_rate{DAYS}d", identity) + share,
        "slo:period_error_budget_remaining:ratio": f"1 - {_selected('slo:period_burn_rate:ratio', identity)}",
    }
    rules: list[dict[str, Any]] = [
        {"record": name, "expr": expression, "labels": labels} for name, expression in recorded.items()
    ]
    info = {"sloth_objective": str(slo["objective"]), "sloth_spec": "prometheus/v1"}
    rules.append({"record": "sloth_slo_info", "expr": "vector(1)", "labels": {**labels, **info}})
    return rules


def _alerts(slo: dict[str, Any], identity: dict[str, str]) -> list[dict[str, Any]]:
    alerting = slo["alerting"]
    rules: list[dict[str, Any]] = []
    for severity, rates in (("page", PAGE), ("ticket", TICKET)):
        own = alerting[f"{severity}_alert"]
        if own.get("disable"):
            continue
        name = alerting["name"]
        rules.append({
            "alert": name,
            "expr": "\nor ignoring (sloth_window)\n".join(_burns(slo, identity, *rate) for rate in rates) + "\n",
            "labels": {**own["labels"], "sloth_severity": severity},
            "annotations": {
                "summary": f"[{severity.title()}] The converter's {slo['name']} burns its error budget too fast.",
                "description": slo["description"],
                "runbook_url": f"{_RUNBOOK}#{name.lower()}",
            },
        })  # fmt: skip
    return rules


def _burns(slo: dict[str, Any], identity: dict[str, str], rate: float, short: str, long: str) -> str:
    most = f"({rate:g} * {round(1 - slo['objective'] / 100, 9):g})"
    tests = [f"    ({_selected(f'slo:sli_error:ratio_rate{window}', identity)} > {most})" for window in (short, long)]
    return "(\n" + "\n    and ignoring (sloth_window)\n".join(tests) + "\n)"


def _ratio(slo: dict[str, Any]) -> str:
    return f"{round(slo['objective'] / 100, 9):g}"


def _selected(metric: str, identity: dict[str, str]) -> str:
    return metric + "{" + ", ".join(f'{name}="{value}"' for name, value in identity.items()) + "}"
